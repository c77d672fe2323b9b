import CCurl
import Core

/// Sends requests and waits for their answers, on connections that it keeps open.
///
/// May be used from any number of threads; each exchange in flight has a connection of its own, as
/// libcurl's handles can not be shared between threads.
/// https://curl.se/libcurl/c/threadsafe.html
public final class HTTPClient: Sendable {
  /// Handles that no exchange uses, the last used last: its connection is the least likely to have
  /// been closed by the server.
  private let idle = Guarded<[Handle]>([])

  /// A transfer between two exchanges.
  ///
  /// Safe to send: it is in the list, or taken out of it by one thread, never both.
  private struct Handle: @unchecked Sendable {
    let transfer: Transfer
  }

  /// Most handles that are kept with their connections.
  private let idleHandlesMax: Int

  /// A client without connections.
  public init(idleHandlesMax: Int = 16) {
    self.idleHandlesMax = idleHandlesMax
  }

  /// Sends `request` and waits for the whole answer.
  ///
  /// Every answer is a response, also 404 and 500; an error is the lack of one.
  public func send(_ request: HTTPRequest) throws(HTTPClientError) -> HTTPResponse {
    let transfer = try take()
    defer { giveBack(transfer) }
    try transfer.prepare(request)
    return try transfer.outcome(unsafe curl_easy_perform(transfer.easy)).get()
  }

  private func take() throws(HTTPClientError) -> Transfer {
    if let handle = idle.withLock({ $0.popLast() }) { return handle.transfer }
    return try Transfer()
  }

  private func giveBack(_ transfer: Transfer) {
    let handle = Handle(transfer: transfer)
    let limit = idleHandlesMax
    idle.withLock { if $0.count < limit { $0.append(handle) } }
  }
}
