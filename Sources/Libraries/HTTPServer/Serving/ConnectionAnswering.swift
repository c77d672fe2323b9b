import CLinux
import CMicroHTTPD
import Glibc

extension Connection {
  /// The request is complete: answers it, or suspends the connection and asks a worker to.
  func answer() -> MHD_Result {
    guard let request else { return .NO }
    if case .response(let response) = resolution { return send(response) }
    if request.route.execution == .inline {
      return send(Self.run(request, loop.hooks))
    }
    let pool = loop.pools[request.route.execution]
    guard pool.reserve() else {
      loop.refusals.count(.queueFull)
      return send(refusal(.queueFull, request))
    }
    let hooks = loop.hooks
    let bytesMin = loop.configuration.compressionBytesMin
    phase = .working
    suspend(pool, cutAt: cutAt) {
      var response = Self.run(request, hooks)
      Compression.apply(
        to: &response, accepting: request.headers.list("Accept-Encoding"), bytesMin: bytesMin)
      return .response(response)
    }
    return .YES
  }

  func answerFromWorker() -> MHD_Result {
    guard let request, let outcome = job?.outcome else { return .NO }
    job = nil
    loop.counters.workEnded()
    switch outcome {
    case .response(let response): return send(response)
    case .refusal(let reason):
      loop.refusals.count(reason)
      return send(refusal(reason, request))
    case .chunk, .failure: return .NO
    }
  }

  /// Suspends the connection for the next part of a streamed body.
  func suspendForChunk(_ producer: BodyProducer) {
    let pool = loop.pools[producer.execution]
    pool.reserveAlways()
    suspend(pool, cutAt: cutAt) {
      do { return .chunk(try producer.next()) } catch { return .failure }
    }
  }

  /// Suspends first: a job may be done before this thread gets any further.
  private func suspend(
    _ pool: WorkerPool, cutAt: ContinuousClock.Instant,
    _ work: @escaping @Sendable () -> Job.Outcome
  ) {
    let job = unsafe Job(SuspendedConnection(handle), loop.waker, cutAt: cutAt, work: work)
    self.job = job
    loop.counters.workBegan()
    unsafe MHD_suspend_connection(handle)
    pool.submit(job)
  }

  /// Runs the handler and turns what it throws into an answer.
  private static func run(_ request: Request, _ hooks: Hooks) -> Response {
    run(request, hooks, request.route.handler) ?? .problem(Problem(status: 500))
  }

  /// The same for what may have no answer.
  static func run(_ request: Request, _ hooks: Hooks, _ handler: Precheck) -> Response? {
    do {
      return try handler(request)
    } catch var problem as Problem {
      problem.instance = problem.instance ?? request.path
      return .problem(problem)
    } catch {
      return hooks.render(error, request)
    }
  }

  // MARK: Sending

  /// Gives the answer to the library.
  func send(_ response: consuming Response) -> MHD_Result {
    guard let request else { return .NO }
    Compression.apply(
      to: &response, accepting: request.headers.list("Accept-Encoding"),
      bytesMin: loop.configuration.compressionBytesMin)
    loop.hooks.finish(request, &response)
    if loop.isClosing { response.headers.append("Connection", "close") }
    if case .stream(let producer) = response.body { source = BodySource(producer, self) }
    let kept = unsafe loop.isClosing ? nil : loop.keptReplies.reply(response)
    guard let reply = unsafe kept ?? Reply.make(response, source: source) else { return .NO }
    defer { if unsafe kept == nil { unsafe MHD_destroy_response(reply) } }
    // 0.9.75 ends the answer to HEAD with the last chunk of a body that must not be there.
    if source != nil, request.method == .head { unsafe slipway_mhd_forbid_chunks(reply) }
    phase = .answering
    status = response.status
    bodyBytes = request.method == .head ? 0 : response.bodyBytes ?? 0
    cutAt += loop.configuration.responseTimeout
    return unsafe MHD_queue_response(handle, UInt32(response.status), reply)
  }

  /// Refuses in the library's first call, after which it closes the connection.
  func refuse(_ reason: Refusal, _ request: Request) -> MHD_Result {
    var request = request
    loop.hooks.prepare(&request)
    self.request = request
    loop.refusals.count(reason)
    return send(refusal(reason, request))
  }

  /// The counted refusal of the request that is being read.
  func refused(_ reason: Refusal) -> Response {
    loop.refusals.count(reason)
    return refusal(reason, request ?? refusedRequest())
  }

  private func refusal(_ reason: Refusal, _ request: Request) -> Response {
    var problem = Problem(
      status: reason.status, detail: reason.detail,
      instance: request.head.bytes.isEmpty ? nil : request.path)
    if reason.status == 503 {
      let seconds = max(1, loop.configuration.retryAfter.components.seconds)
      problem.headers = [Problem.Header("Retry-After", String(seconds))]
    }
    return .problem(problem)
  }

  // MARK: Past the library

  /// Refuses where the library takes no answer.
  func refusePastLibrary(_ reason: Refusal) { answerPastLibrary(refused(reason)) }

  /// Answers where the library takes no answer: amid a body, or before the head is complete.
  ///
  /// Only while nothing else was queued on the connection. What the client still sends is read and
  /// thrown away for a moment, because closing with unread bytes would destroy the answer on its
  /// way.
  func answerPastLibrary(_ answer: Response) {
    var request = self.request ?? refusedRequest()
    var response = answer
    loop.hooks.finish(request, &response)
    request.dropBody()
    self.request = request
    status = response.status
    bodyBytes = response.bodyBytes ?? 0
    phase = .cut
    since = ContinuousClock.now
    let bytes = Reply.serialized(response)
    let descriptor = unsafe slipway_mhd_descriptor(handle)
    unsafe bytes.withUnsafeBytes {
      _ = unsafe Glibc.send(
        descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Refuses a request whose first line never came to its end.
  ///
  /// The library does not know of a request yet, so it will not report its end either.
  func refuseUnread() {
    target.removeAll()
    cutAt = ContinuousClock.now
    loop.counters.requestBegan()
    let before = since
    refusePastLibrary(.requestTimeout)
    guard let request else { return }
    loop.hooks.completed(
      request,
      Completion(
        status: status, bodyBytes: bodyBytes, duration: before.duration(to: since), isWhole: true))
    loop.counters.requestEnded()
    self.request = nil
  }

  /// Sends the parts of a stream when they are there, instead of waiting 40 ms for the client's
  /// acknowledgement of the part before.
  ///
  /// https://man7.org/linux/man-pages/man7/tcp.7.html (TCP_NODELAY); fails on unix sockets, which
  /// never wait.
  func sendPromptly() {
    var on: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    unsafe setsockopt(
      slipway_mhd_descriptor(handle), Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
  }

  /// Whether the client has closed and everything that it sent was read.
  ///
  /// https://man7.org/linux/man-pages/man2/recv.2.html (MSG_PEEK)
  var hasClientLeft: Bool {
    var byte: UInt8 = 0
    return unsafe recv(
      slipway_mhd_descriptor(handle), &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
  }

  /// Ends the connection; the library notices at once.
  func disconnect() {
    shutdown(unsafe slipway_mhd_descriptor(handle), Int32(SHUT_RDWR))
  }
}
