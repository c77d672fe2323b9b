import CPostgres
import Core
import Glibc
import Synchronization

/// Asks the server to stop what a connection runs.
///
/// `PQcancel` opens a connection of its own and blocks, so it runs on a thread of its own: the
/// network may be the reason why the statement is late.
///
/// https://www.postgresql.org/docs/15/libpq-cancel.html
///
/// Sendable: libpq only reads the structure once it is made, and it is freed with the last owner.
@safe final class PostgresCancel: @unchecked Sendable {
  private let handle: OpaquePointer

  init?(_ connection: OpaquePointer) {
    guard let handle = unsafe PQgetCancel(connection) else { return nil }
    unsafe self.handle = unsafe handle
  }

  deinit { unsafe PQfreeCancel(handle) }

  /// Sends the request; the result is set once the server has passed it on.
  func start() -> WakeUp? {
    let request = Request(self)
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { unsafe pthread_attr_destroy(&attributes) }
    let context = unsafe Unmanaged.passRetained(request).toOpaque()
    guard unsafe pthread_create(&thread, &attributes, runRequest, context) == 0 else {
      unsafe Unmanaged<Request>.fromOpaque(context).release()
      return nil
    }
    return request.isDone
  }

  fileprivate func send() -> Bool {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      unsafe PQcancel(handle, buffer.baseAddress, Int32(buffer.count)) == 1
    }
  }

  fileprivate final class Request: Sendable {
    let cancel: PostgresCancel
    let isDone = WakeUp()

    init(_ cancel: PostgresCancel) { self.cancel = cancel }
  }
}

/// The body of the thread; it releases what `start` retained.
private func runRequest(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context = unsafe context else { return nil }
  let request = unsafe Unmanaged<PostgresCancel.Request>.fromOpaque(context).takeRetainedValue()
  if request.cancel.send() { request.isDone.set() }
  return nil
}
