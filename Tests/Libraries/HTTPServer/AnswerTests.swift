import CZlib
import HTTPServer
import Synchronization
import Testing

@Suite struct Answers {
  static let long = String(repeating: "All work and no play. ", count: 200)

  static let constant = Response.constant("always\n")
  static let constantDown = Response.constant("always\n", status: 503)

  /// Numbers, one in each chunk.
  final class Counter: Sendable {
    private let number = Atomic<Int>(0)

    func next(upTo count: Int, isBroken: Bool = false) throws -> [UInt8]? {
      let next = number.add(1, ordering: .relaxed).newValue
      if next <= count { return Array("\(next)\n".utf8) }
      if isBroken { throw Problem(status: 500) }
      return nil
    }
  }

  static let routes =
    Basics.routes + [
      Route(.get, "/stream", .inline) { _ in
        let counter = Counter()
        return .stream(contentType: "text/plain", execution: .inline) {
          try counter.next(upTo: 20_000)
        }
      },
      Route(.get, "/stream/worked", .worker) { _ in
        let counter = Counter()
        return .stream(contentType: "text/plain") { try counter.next(upTo: 500) }
      },
      Route(.get, "/stream/broken", .worker) { _ in
        let counter = Counter()
        return .stream(contentType: "text/plain") { try counter.next(upTo: 3, isBroken: true) }
      },
      Route(.get, "/long", .inline) { _ in
        var response = Response.text(long)
        response.headers["ETag"] = "\"1\""
        return response
      },
      Route(.get, "/long/worked", .worker) { _ in .text(long) },
      Route(.get, "/long/plain", .inline) { _ in
        var response = Response.text(long)
        response.mayCompress = false
        return response
      },
      Route(.get, "/long/image", .inline) { _ in
        .bytes(Array(long.utf8), contentType: "image/png")
      },
      Route(.get, "/empty", .inline) { _ in .empty() },
      Route(.get, "/constant", .inline) { _ in constant },
      Route(.get, "/constant/down", .inline) { _ in constantDown },
      Route(.get, "/unchanged", .inline) { _ in
        Response(status: 304, headers: ResponseHeaders([("ETag", "\"1\"")]))
      },
      Route(.get, "/split", .inline) { _ in
        Response(status: 200, headers: ResponseHeaders([("X", "a\r\nY: b"), ("Z", "c")]))
      },
    ]

  static func lines(_ count: Int) -> String { (1...count).map { "\($0)\n" }.joined() }

  @Test(arguments: [("/stream", 20_000), ("/stream/worked", 500)])
  func aStreamArrivesWholeAndKeepsTheConnection(path: String, count: Int) throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    for _ in 0..<2 {
      let answer = try client.request("GET \(path)")
      #expect(answer.headers["transfer-encoding"] == "chunked")
      #expect(answer.text == Self.lines(count))
    }
    #expect(server.seen.first { $0.template == path }?.bodyBytes == Self.lines(count).utf8.count)
  }

  @Test func constantAnswersCarryTheHeadersOfTheirOwnRequest() throws {
    let server = try TestServer(Self.routes) { $0.eventThreads = 1 }
    let clients = try (0..<4).map { _ in try server.client() }
    for round in 0..<3 {
      for (number, client) in clients.enumerated() {
        try client.send(
          "GET /constant HTTP/1.1\r\nHost: t\r\nX-Request-Id: \(round)-\(number)\r\n\r\n")
      }
      for (number, client) in clients.enumerated() {
        let answer = try client.answer()
        #expect(answer.text == "always\n")
        #expect(answer.headers["x-request-id"] == "\(round)-\(number)")
      }
    }
  }

  @Test func constantAnswersOfOneBodyKeepTheirStatus() throws {
    let server = try TestServer(Self.routes) { $0.eventThreads = 1 }
    let client = try server.client()
    for _ in 0..<2 {
      #expect(try client.request("GET /constant").status == 200)
      #expect(try client.request("GET /constant/down").status == 503)
    }
  }

  @Test func aConstantAnswerMayGetAnotherHeaderNextTime() throws {
    let server = try TestServer(Self.routes) {
      $0.eventThreads = 1
    } adapt: { hooks in
      hooks.finish = { request, response in
        if let mark = request.headers["Mark"] { response.headers.append("Marked", mark) }
      }
    }
    let client = try server.client()
    #expect(try client.request("GET /constant", "Mark: a\r\n").headers["marked"] == "a")
    #expect(try client.request("GET /constant").headers["marked"] == nil)
    #expect(try client.request("GET /constant", "Mark: b\r\n").headers["marked"] == "b")
    #expect(try client.request("GET /constant").headers["marked"] == nil)
  }

  @Test func anOldClientGetsAStreamThatEndsWithTheConnection() throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    try client.send("GET /stream/worked HTTP/1.0\r\n\r\n")
    #expect(try client.answer().text == Self.lines(500))
  }

  @Test func headOfAStreamMakesNothing() throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    try client.send("HEAD /stream/broken HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(try client.answer(isHead: true).status == 200)
    #expect(try client.isClosed())
  }

  @Test func aStreamThatFailsIsNotTakenForWhole() throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    try client.send("GET /stream/broken HTTP/1.1\r\nHost: t\r\n\r\n")
    let received = try client.readToEnd()
    #expect(received.hasPrefix("HTTP/1.1 200"))
    #expect(!received.hasSuffix("0\r\n\r\n"))
    #expect(server.seen.first { $0.template == "/stream/broken" }?.isWhole == false)
  }

  @Test(arguments: ["/long", "/long/worked"])
  func aLongTextIsCompressedForWhoAsks(path: String) throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    let packed = try client.request("GET \(path)", "Accept-Encoding: br, gzip\r\n")
    #expect(packed.headers["content-encoding"] == "gzip")
    #expect(packed.headers["vary"] == "Accept-Encoding")
    #expect(packed.body.count < Self.long.utf8.count / 10)
    #expect(unpack(packed.body) == Array(Self.long.utf8))
    let head = try client.request("HEAD \(path)", "Accept-Encoding: gzip\r\n")
    #expect(head.headers["content-length"] == String(packed.body.count))
    let plain = try client.request("GET \(path)")
    #expect(plain.text == Self.long)
    #expect(plain.headers["content-encoding"] == nil)
    #expect(plain.headers["vary"] == "Accept-Encoding")
  }

  @Test func aCompressedAnswerHasAWeakValidator() throws {
    let server = try TestServer(Self.routes)
    #expect(try server.request("GET /long").headers["etag"] == "\"1\"")
    let packed = try server.request("GET /long", "Accept-Encoding: gzip\r\n")
    #expect(packed.headers["etag"] == "W/\"1\"")
  }

  @Test(arguments: [
    ("gzip", true), ("GZIP;q=0.5", true), ("*", true), ("gzip;q=0", false), ("*;q=0", false),
    ("gzip;q=0, *", false), ("identity, gzip;q=0.5", false), ("br", false), ("", false),
    ("gzip ; q=0.001", true), ("gzip;q=x", false),
  ])
  func theWeightsDecideOnCompression(accept: String, isPacked: Bool) throws {
    let server = try TestServer(Self.routes)
    let answer = try server.request("GET /long", "Accept-Encoding: \(accept)\r\n")
    #expect((answer.headers["content-encoding"] == "gzip") == isPacked)
  }

  @Test(arguments: ["/long/plain", "/long/image", "/livez", "/empty", "/unchanged"])
  func whatMustNotOrNeedNotBeCompressedIsNot(path: String) throws {
    let server = try TestServer(Self.routes)
    let answer = try server.request("GET \(path)", "Accept-Encoding: gzip\r\n")
    #expect(answer.headers["content-encoding"] == nil)
  }

  @Test func anAnswerWithoutABodyLeavesNothingBehind() throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    #expect(try client.request("GET /empty").status == 204)
    #expect(try client.request("GET /unchanged").headers["etag"] == "\"1\"")
    #expect(try client.request("GET /livez").text == "ok\n")
  }

  @Test func aHeaderCannotBeSplit() throws {
    let server = try TestServer(Self.routes)
    let answer = try server.request("GET /split")
    #expect(answer.headers["x"] == nil)
    #expect(answer.headers["y"] == nil)
    #expect(answer.headers["z"] == "c")
  }

  /// The bytes behind gzip's form, by zlib itself.
  private func unpack(_ bytes: [UInt8]) -> [UInt8] {
    var input = bytes
    var stream = unsafe z_stream()
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    guard unsafe inflateInit2_(&stream, 31, ZLIB_VERSION, size) == Z_OK else { return [] }
    defer { unsafe inflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: 1_000_000)
    let count = unsafe input.withUnsafeMutableBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target in
        unsafe stream.next_in = source.baseAddress
        unsafe stream.avail_in = UInt32(source.count)
        unsafe stream.next_out = target.baseAddress
        unsafe stream.avail_out = UInt32(target.count)
        let code = unsafe inflate(&stream, Z_FINISH)
        return code == Z_STREAM_END ? target.count - Int(unsafe stream.avail_out) : 0
      }
    }
    return Array(output.prefix(count))
  }
}
