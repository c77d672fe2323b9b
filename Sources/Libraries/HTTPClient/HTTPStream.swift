import CCurl
import Core
import Synchronization

/// An answer whose body is taken as it comes, on a connection of its own.
///
/// For bodies that last: watches and logs that are followed. One thread takes the parts; any thread
/// may cancel. Nothing is read while nobody asks, so a slow reader holds up its server and fills no
/// memory.
///
/// Sendable: `multi` never changes and libcurl allows its waking from any thread; all else of
/// libcurl is touched with the lock of `transfer` held only.
/// https://curl.se/libcurl/c/curl_multi_wakeup.html
@safe public final class HTTPStream: @unchecked Sendable {
  /// The status and the headers; the body is empty.
  public let head: HTTPResponse

  private let multi: Multi
  private let transfer: Guarded<Reception>
  private let silenceMax: Duration

  /// What belongs to the thread that takes.
  private struct Reception {
    let transfer: Transfer
    var end: Result<Void, HTTPClientError>?
  }

  /// Most time without a byte where a request names none.
  public static let silenceMaxDefault: Duration = .seconds(60)

  /// Sends `request` and waits for the head of its answer, until the request's deadline.
  ///
  /// From then on the deadline counts no more, but a silence of `silenceMax` is the error
  /// `timeout`. `bodyBytesMax` limits what has come and was not taken.
  public init(
    _ request: HTTPRequest, silenceMax: Duration = silenceMaxDefault
  ) throws(HTTPClientError) {
    let transfer = try Transfer()
    try transfer.prepare(request)
    try transfer.lastsUntilCancelled()
    let multi = try Multi(transfer)
    var reception = Reception(transfer: transfer)
    while !transfer.headIsWhole, reception.end == nil {
      if request.deadline.hasPassed {
        throw HTTPClientError(.timeout, CURLE_OPERATION_TIMEDOUT, "no answer in time")
      }
      reception.end = multi.move(request.deadline)
    }
    // What came of a body that was cut is taken first.
    if !transfer.headIsWhole { try reception.end?.get() }
    self.head = transfer.response.withoutBody
    self.multi = multi
    self.transfer = Guarded(reception)
    self.silenceMax = silenceMax
  }

  /// The next bytes of the body as soon as there are some; nil at the body's end.
  ///
  /// Throws what ended it otherwise: `cut`, `timeout` after a silence, `cancelled`.
  public func next() throws(HTTPClientError) -> [UInt8]? {
    try transfer.withLock { reception throws(HTTPClientError) in
      let deadline = Deadline.after(silenceMax)
      while true {
        if multi.isCancelled.load(ordering: .acquiring) {
          throw HTTPClientError(.cancelled, CURLE_ABORTED_BY_CALLBACK, "not wanted any longer")
        }
        let part = reception.transfer.takeBody()
        if !part.isEmpty { return part }
        if let end = reception.end {
          try end.get()
          return nil
        }
        if deadline.hasPassed {
          let seconds = DurationText.format(silenceMax)
          throw HTTPClientError(.timeout, CURLE_OPERATION_TIMEDOUT, "no byte for \(seconds)")
        }
        reception.end = multi.move(deadline)
      }
    }
  }

  /// Ends the waiting of the thread that takes, and every further taking, with `cancelled`.
  public func cancel() { multi.cancel() }
}

/// A multi handle of libcurl with one transfer.
///
/// https://curl.se/libcurl/c/libcurl-multi.html
@safe
private final class Multi {
  let isCancelled = Atomic(false)
  private let multi: UnsafeMutableRawPointer
  private let transfer: Transfer

  init(_ transfer: Transfer) throws(HTTPClientError) {
    guard let multi = unsafe curl_multi_init() else {
      throw HTTPClientError(.other, CURLE_FAILED_INIT, "libcurl can not be started")
    }
    unsafe self.multi = unsafe multi
    self.transfer = transfer
    let code = unsafe curl_multi_add_handle(multi, transfer.easy)
    if code != CURLM_OK {
      throw HTTPClientError(
        .other, CURLE_FAILED_INIT, unsafe String(cString: curl_multi_strerror(code)))
    }
  }

  deinit {
    unsafe curl_multi_remove_handle(multi, transfer.easy)
    unsafe curl_multi_cleanup(multi)
  }

  /// Moves the transfer on, waits until `deadline` where nothing came, and gives its end, if any.
  ///
  /// https://curl.se/libcurl/c/curl_multi_poll.html
  func move(_ deadline: Deadline) -> Result<Void, HTTPClientError>? {
    var running: Int32 = 0
    unsafe curl_multi_perform(multi, &running)
    var left: Int32 = 0
    if let message = unsafe curl_multi_info_read(multi, &left) {
      let code = unsafe message.pointee.data.result
      return transfer.outcome(code).map { _ in () }
    }
    if transfer.body.isEmpty {
      unsafe curl_multi_poll(multi, nil, 0, deadline.remainingMilliseconds, nil)
    }
    return nil
  }

  func cancel() {
    isCancelled.store(true, ordering: .releasing)
    unsafe curl_multi_wakeup(multi)
  }
}
