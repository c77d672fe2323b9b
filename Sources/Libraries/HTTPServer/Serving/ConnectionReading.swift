import CMicroHTTPD
import Core
import Glibc

extension Connection {
  /// Keeps the target as it was sent, before the library splits it.
  func begin(target text: UnsafePointer<CChar>?) {
    since = ContinuousClock.now
    cutAt = since + loop.configuration.requestTimeout
    phase = .head
    status = 0
    bodyBytes = 0
    loop.counters.requestBegan()
    target.removeAll(keepingCapacity: true)
    guard let text = unsafe text else { return }
    let length = unsafe strlen(text)
    unsafe target.append(
      contentsOf: UnsafeRawBufferPointer(start: text, count: length))
    unsafe targetStop = UnsafeRawPointer(text) + length
    // Ends the library's copy of the query, so that it spends no memory on its parts. The buffer is
    // its own and writable, and it looks at the byte behind the question mark next.
    guard let mark = target.firstIndex(of: UInt8(ascii: "?")), mark + 1 < length else { return }
    unsafe UnsafeMutableRawPointer(mutating: text).storeBytes(
      of: 0, toByteOffset: mark + 1, as: UInt8.self)
  }

  /// Checks the head, finds the route, and refuses what must not go on.
  ///
  /// An answer that is queued in this first call closes the connection, which refusals want; all
  /// others wait for the second.
  func readHead(
    _ method: UnsafePointer<CChar>, _ version: UnsafePointer<CChar>
  ) -> MHD_Result {
    var check = HeadCheck()
    let name = Method(rawValue: unsafe String(cString: method))
    var refusal: Refusal?
    let head: RequestHead
    if let block = unsafe headerBlock(method, version) {
      let count = unsafe Int(MHD_get_connection_values(handle, .HEADER_KIND, nil, nil))
      let isHostRequired = unsafe version[7] != CChar(bitPattern: UInt8(ascii: "0"))
      refusal = unsafe check.read(
        block.bindMemory(to: UInt8.self).span, count: count, isHostRequired: isHostRequired)
      head = unsafe RequestHead(target: target, block: block)
    } else {
      refusal = .requestLine
      head = RequestHead(target: target)
    }
    refusal = checkTarget(name, head) ?? refusal ?? checkSizes(check)
    var request = Request(
      head: refusal == nil ? head : RequestHead(target: target), method: name, route: .refused,
      remoteAddress: remoteAddress, listenerName: loop.listener.name, receivedAt: since,
      cutAt: cutAt)
    if refusal == nil { refusal = resolve(&request) }
    if let refusal { request.route = .refused; return refuse(refusal, request) }
    return accept(&request, check)
  }

  /// The header lines in the library's buffer, from behind the request line to the empty line's
  /// end.
  ///
  /// nil where the request line is not method, blank, target, blank, version, CR, LF.
  private func headerBlock(
    _ method: UnsafePointer<CChar>, _ version: UnsafePointer<CChar>
  ) -> UnsafeRawBufferPointer? {
    let start = unsafe UnsafeRawPointer(method)
    let versionStart = unsafe UnsafeRawPointer(version)
    let versionBytes = 8
    guard let stop = unsafe targetStop, unsafe stop + 1 == versionStart,
      unsafe start + Int(strlen(method)) + 1 + target.count == stop
    else { return nil }
    let lines = unsafe versionStart + versionBytes + 2
    let end = unsafe start + slipway_mhd_head_bytes(handle)
    guard unsafe end >= lines + 2, unsafe (lines - 1).load(as: UInt8.self) == 0 else { return nil }
    return unsafe UnsafeRawBufferPointer(start: lines, count: end - lines)
  }

  private func checkTarget(_ method: Method, _ head: RequestHead) -> Refusal? {
    guard method.rawValue.utf8.allSatisfy(HeadCheck.isToken), HeadCheck.isClean(target) else {
      return .requestLine
    }
    if target.count > loop.configuration.targetBytesMax { return .targetBytes }
    let isRooted = head.path.isEmpty || head.bytes[head.path.lowerBound] == UInt8(ascii: "/")
    let isServerWide = method == .options && target == [UInt8(ascii: "*")]
    guard isServerWide || isRooted && head.path.lowerBound < target.count else {
      return .requestLine
    }
    let needsDecoding = head.query.contains { $0 == UInt8(ascii: "%") || $0 >= 0x80 }
    if needsDecoding, PercentEncoding.decode(head.query) == nil { return .targetEncoding }
    return nil
  }

  private func checkSizes(_ check: HeadCheck) -> Refusal? {
    let bytes = unsafe slipway_mhd_head_bytes(handle)
    let isLarge =
      bytes > loop.configuration.headerBytesMax || check.lineCount > loop.configuration.headersMax
    return isLarge ? .headerBytes : nil
  }

  private func resolve(_ request: inout Request) -> Refusal? {
    resolution = .route
    switch loop.listener.router.match(request.method, request.head) {
    case .route(let route, let parameters):
      request.route = route
      request.parameters = parameters
    case .malformed:
      return .targetEncoding
    case .notAllowed(let routes):
      request.route = .unknown
      let allow = Problem.Header("Allow", Router.allowed(routes))
      resolution = .response(
        request.method == .options
          ? Response(status: 204, headers: ResponseHeaders([(allow.name, allow.value)]))
          : .problem(Problem(status: 405, instance: request.path, headers: [allow])))
    case .notFound:
      request.route = .unknown
      resolution = .response(
        target == [UInt8(ascii: "*")]
          ? .empty() : .problem(Problem(status: 404, instance: request.path)))
    }
    return nil
  }

  /// Goes on with a request whose head is in order.
  private func accept(_ request: inout Request, _ check: HeadCheck) -> MHD_Result {
    if let timeout = request.route.requestTimeout {
      cutAt = since + timeout
      request.cutAt = cutAt
    }
    bodyLimit = request.route.bodyBytesMax ?? loop.configuration.bodyBytesMax
    loop.hooks.prepare(&request)
    self.request = request
    if let refusal = checkBody(check) { return refuseBody(refusal, check) }
    if let response = precheck(request, check) { return refuseBody(response, check) }
    if let length = check.contentLength { self.request?.reserveBody(min(length, 65_536)) }
    phase = .body
    return .YES
  }

  /// Whether the body that is announced may come.
  private func checkBody(_ check: HeadCheck) -> Response? {
    guard let length = check.contentLength else { return nil }
    if length > bodyLimit { return refused(.bodyBytes) }
    let isLarge = length > ServerConfiguration.largeBodyBytesMin
    return isLarge && !loop.bodyRoom.hasRoom(for: length) ? refused(.bodyRoom) : nil
  }

  /// What the route says to a body that is worth asking for.
  private func precheck(_ request: Request, _ check: HeadCheck) -> Response? {
    guard case .route = resolution, let precheck = request.route.precheck else { return nil }
    let length = check.contentLength ?? (check.isChunked ? Int.max : 0)
    let isHeldBack = check.expectsContinue && length > 0
    guard isHeldBack || length > loop.configuration.uncheckedBodyBytesMax else { return nil }
    return Self.run(request, loop.hooks, precheck)
  }

  /// Refuses a body: before the client sends it where it waits for that, otherwise while it does.
  ///
  /// The client that is sending already could lose the answer if the connection were closed now.
  private func refuseBody(_ response: Response, _ check: HeadCheck) -> MHD_Result {
    if check.expectsContinue { return send(response) }
    answerPastLibrary(response)
    return .YES
  }

  func readBody(_ part: UnsafeRawBufferPointer) -> MHD_Result {
    guard let held = request?.body.count, held + part.count <= bodyLimit else {
      refusePastLibrary(.bodyBytes)
      return .YES
    }
    let count = held + part.count
    if count > ServerConfiguration.largeBodyBytesMin {
      let share = request?.share ?? BodyShare(loop.bodyRoom)
      guard share.grow(to: count) else {
        refusePastLibrary(.bodyRoom)
        return .YES
      }
      request?.share = share
    }
    unsafe request?.appendToBody(part)
    return .YES
  }
}

extension RequestHead {
  /// Copies target and lines together.
  fileprivate init(target: [UInt8], block: UnsafeRawBufferPointer) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(target.count + block.count)
    bytes.append(contentsOf: target)
    unsafe bytes.append(contentsOf: block)
    self.init(bytes: bytes, targetEnd: target.count)
  }
}
