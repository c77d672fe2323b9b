import CCurl
import CLinux
import Core
import Glibc

/// One multi handle of libcurl, its sockets in the engine's epoll; keeps one connection at most.
///
/// The handle points back to this object, which outlives it.
/// https://curl.se/libcurl/c/libcurl-multi.html
@safe
final class TransferLane {
  /// When libcurl wants to be called without a socket being ready.
  private(set) var timer: Deadline?

  private let multi: UnsafeMutableRawPointer
  private let index: UInt64
  private let events: Int32
  private var watched: Set<Int32> = []
  private var active: [UnsafeMutableRawPointer: Transfer] = unsafe [:]

  init(_ index: Int, events: Int32) throws(HTTPClientError) {
    guard let multi = unsafe curl_multi_init() else {
      throw HTTPClientError(.other, CURLE_FAILED_INIT, "libcurl can not be started")
    }
    unsafe self.multi = unsafe multi
    self.index = UInt64(index)
    self.events = events
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe slipway_curl_multi_set_events(multi, socketChanged, timerChanged, context)
    unsafe slipway_curl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    // A second connection, which a slow answer makes, would wait for long until it is used, and be
    // cut by a server that leaves meanwhile.
    unsafe slipway_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 1)
  }

  deinit {
    for unsafe(easy, _) in unsafe active { unsafe curl_multi_remove_handle(multi, easy) }
    unsafe active.removeAll()
    unsafe curl_multi_cleanup(multi)
  }

  /// Begins an exchange that was prepared.
  func add(_ transfer: Transfer) throws(HTTPClientError) {
    let code = unsafe curl_multi_add_handle(multi, transfer.easy)
    if code != CURLM_OK {
      throw HTTPClientError(
        .other, CURLE_FAILED_INIT, unsafe String(cString: curl_multi_strerror(code)))
    }
    unsafe active[transfer.easy] = transfer
  }

  /// Tells libcurl what epoll said of a socket.
  func socketIsReady(_ socket: Int32, _ events: UInt32) {
    var mask: Int32 = 0
    if events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
    if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
    if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
    var running: Int32 = 0
    unsafe curl_multi_socket_action(multi, socket, mask, &running)
  }

  /// Calls libcurl where its time has come.
  func runTimer() {
    guard let due = timer, due.hasPassed else { return }
    timer = nil
    var running: Int32 = 0
    unsafe curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
  }

  /// Hands out the exchanges that are over.
  func collect(_ body: (Transfer, CURLcode) -> Void) {
    var left: Int32 = 0
    while let message = unsafe curl_multi_info_read(multi, &left) {
      guard unsafe message.pointee.msg == CURLMSG_DONE,
        let easy = unsafe message.pointee.easy_handle
      else { continue }
      let code = unsafe message.pointee.data.result
      unsafe curl_multi_remove_handle(multi, easy)
      if let transfer = unsafe active.removeValue(forKey: easy) { body(transfer, code) }
    }
  }

  fileprivate func timerIsDue(inMilliseconds milliseconds: Int) {
    timer = milliseconds < 0 ? nil : .after(.milliseconds(milliseconds))
  }

  // https://man7.org/linux/man-pages/man2/epoll_ctl.2.html
  fileprivate func watch(_ socket: Int32, _ what: Int32) {
    var event = unsafe epoll_event()
    unsafe event.data.u64 = index << 32 | UInt64(UInt32(bitPattern: socket))
    if what & CURL_POLL_IN != 0 { unsafe event.events |= EPOLLIN.rawValue }
    if what & CURL_POLL_OUT != 0 { unsafe event.events |= EPOLLOUT.rawValue }
    if what == CURL_POLL_REMOVE {
      watched.remove(socket)
      unsafe epoll_ctl(events, EPOLL_CTL_DEL, socket, &event)
    } else {
      let isNew = watched.insert(socket).inserted
      unsafe epoll_ctl(events, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event)
    }
  }
}

// https://curl.se/libcurl/c/CURLMOPT_SOCKETFUNCTION.html
private func socketChanged(
  _ easy: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: Int32,
  _ context: UnsafeMutableRawPointer?, _ ours: UnsafeMutableRawPointer?
) -> Int32 {
  guard let context = unsafe context else { return -1 }
  unsafe Unmanaged<TransferLane>.fromOpaque(context).takeUnretainedValue().watch(socket, what)
  return 0
}

// https://curl.se/libcurl/c/CURLMOPT_TIMERFUNCTION.html
private func timerChanged(
  _ multi: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let context = unsafe context else { return -1 }
  unsafe Unmanaged<TransferLane>.fromOpaque(context).takeUnretainedValue()
    .timerIsDue(inMilliseconds: milliseconds)
  return 0
}
