import CMicroHTTPD

/// One client connection and the request that is under way on it.
///
/// Belongs to its event thread: everything here runs there. `ConnectionReading` and
/// `ConnectionAnswering` hold the two halves of its story.
@safe final class Connection {
  enum Phase {
    /// Between requests.
    case idle
    /// The request line was read.
    case head
    /// The head was accepted, the body is coming.
    case body
    /// The connection is suspended while a worker has the request.
    case working
    /// The answer was queued.
    case answering
    /// An answer was written past the library; what still comes is thrown away.
    case cut
  }

  /// What answers a request.
  enum Resolution {
    case route
    case response(Response)
  }

  let loop: EventLoop
  let handle: OpaquePointer
  let remoteAddress: String
  /// Where it stands in the loop's list.
  var index = 0
  var phase = Phase.idle
  /// When the phase `idle`, `head` or `cut` began.
  var since = ContinuousClock.now
  /// When the phase that is under way must be over.
  var cutAt = ContinuousClock.now
  /// The target as it was sent.
  var target: [UInt8] = []
  /// Where the target ended in the library's buffer.
  var targetStop: UnsafeRawPointer?
  var request: Request?
  var resolution = Resolution.route
  var bodyLimit = 0
  /// The streamed body that is being sent.
  var source: BodySource?
  /// Bytes of the body that was queued whole.
  var bodyBytes = 0
  /// The status that was sent, 0 before.
  var status = 0
  /// The work that the connection is suspended for.
  var job: Job?

  init(_ loop: EventLoop, _ handle: OpaquePointer) {
    self.loop = loop
    unsafe self.handle = handle
    remoteAddress = unsafe RemoteAddress.text(of: slipway_mhd_address(handle))
  }

  /// The library's call: once for the head, then for each part of the body, then for the answer.
  func advance(
    _ method: UnsafePointer<CChar>, _ version: UnsafePointer<CChar>,
    _ data: UnsafePointer<CChar>?, _ size: UnsafeMutablePointer<Int>
  ) -> MHD_Result {
    loop.noteAwake()
    switch phase {
    case .head:
      return unsafe readHead(method, version)
    case .body:
      guard let data = unsafe data, unsafe size.pointee > 0 else { return answer() }
      let count = unsafe size.pointee
      unsafe size.pointee = 0
      return unsafe readBody(UnsafeRawBufferPointer(start: data, count: count))
    case .working:
      return answerFromWorker()
    case .cut:
      // Parts of the body are thrown away; at its end there is nothing left to wait for.
      guard unsafe size.pointee > 0 else { return .NO }
      unsafe size.pointee = 0
      return .YES
    case .idle, .answering:
      unsafe size.pointee = 0
      return .YES
    }
  }

  /// The request is over, sent or not: tells the service and makes ready for the next.
  func complete(isWhole: Bool) {
    guard phase != .idle else { return }
    if job != nil {
      // The client left while the connection was suspended: nobody will ask for the outcome.
      job = nil
      loop.counters.workEnded()
    }
    if phase == .head, status == 0 {
      // The library refused it before anybody here was asked.
      status = unsafe Int(slipway_mhd_status(handle))
    }
    let request = self.request ?? refusedRequest()
    let now = ContinuousClock.now
    loop.hooks.completed(
      request,
      Completion(
        status: status == 0 ? Completion.clientClosedRequest : status,
        bodyBytes: source?.bytesSent ?? bodyBytes, duration: request.receivedAt.duration(to: now),
        isWhole: isWhole && phase == .answering))
    loop.counters.requestEnded()
    self.request = nil
    source = nil
    phase = .idle
    since = now
  }

  /// Looks whether time is up; called a few times a second.
  func expire(at now: ContinuousClock.Instant, isCutting: Bool, isProbed: Bool) {
    let isReading = phase == .idle || phase == .head || phase == .body
    if isReading, isProbed, hasClientLeft { return disconnect() }
    switch phase {
    case .idle:
      // A silent connection ends by the library's own timer: who is here so long sends by drops.
      let limits = loop.configuration
      if isCutting {
        disconnect()
      } else if now >= since + limits.inactivityTimeout + limits.requestTimeout {
        refuseUnread()
      }
    case .head, .body:
      if isCutting { disconnect() } else if now >= cutAt { refusePastLibrary(.requestTimeout) }
    case .working:
      if isCutting || now >= cutAt + loop.configuration.handlerGrace {
        job?.settle(.refusal(.handlerTimeout))
      }
    case .answering:
      guard isCutting || now >= cutAt else { return }
      if let job { job.settle(.failure) } else { disconnect() }
    case .cut:
      if isCutting || now >= since + EventLoop.lingerTimeout { disconnect() }
    }
  }

  /// A request for hooks where none could be read.
  func refusedRequest() -> Request {
    Request(
      head: RequestHead(target: target), method: Method(rawValue: ""), route: .refused,
      remoteAddress: remoteAddress, listenerName: loop.listener.name, receivedAt: since,
      cutAt: cutAt)
  }
}
