import HTTPServer
import Testing

@Suite struct Basics {
  static let routes = [
    Route(.get, "/livez", .inline) { _ in .text("ok\n") },
    Route(.get, "/slow", .worker) { _ in .text("from a worker\n") },
    Route(.get, "/hello/{username}", .inline) { .text("Hello \($0.parameter("username") ?? "-")") },
    Route(.put, "/hello/{username}", .worker) { request in
      .text("\(request.parameter("username") ?? "-") \(request.body.count)")
    },
    Route(.get, "/a/{article}/{year}/{month}", .inline) { request in
      .text(request.parameters.map(\.value).joined(separator: "|"))
    },
    Route(.get, "/query", .inline) { request in
      .text(request.queryPairs.map { "\($0.name)=\($0.value)" }.joined(separator: "|"))
    },
    Route(.get, "/raw", .inline) { .text($0.rawTarget) },
    Route(.get, "/headers", .inline) { request in
      .text(request.headers.pairs.map { "\($0.name)=\($0.value)" }.joined(separator: "|"))
    },
    Route(.post, "/echo", .inline) { .bytes($0.body, contentType: "application/octet-stream") },
  ]

  @Test func aConnectionServesManyRequests() throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    for _ in 0..<5 {
      let answer = try client.request("GET /livez")
      #expect(answer.status == 200)
      #expect(answer.text == "ok\n")
      #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
      #expect(answer.headers["date"] != nil)
    }
    for _ in 0..<5 { #expect(try client.request("GET /slow").text == "from a worker\n") }
    #expect(server.server.statistics.accepted == 1)
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    let paths = ["/livez", "/slow", "/hello/ann", "/slow", "/nowhere", "/livez"]
    try client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: t\r\n\r\n" }.joined())
    let texts = try paths.map { _ in try client.answer() }
    #expect(texts.map(\.status) == [200, 200, 200, 200, 404, 200])
    #expect(texts[2].text == "Hello ann")
    #expect(texts[3].text == "from a worker\n")
  }

  @Test func aPipelinedBodyIsNotTakenForTheNextRequest() throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    try client.send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello"
        + "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(try client.answer().text == "hello")
    #expect(try client.answer().text == "abcde")
    #expect(try client.answer().text == "ok\n")
  }

  @Test func headHasTheHeadersOfGetAndNoBody() throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    let answer = try client.request("HEAD /livez")
    #expect(answer.status == 200)
    #expect(answer.headers["content-length"] == "3")
    #expect(try client.request("GET /livez").text == "ok\n")
    #expect(try client.request("HEAD /slow").headers["content-length"] == "14")
    #expect(try client.request("GET /livez").status == 200)
  }

  @Test func anUnknownPathIsAProblem() throws {
    let server = try TestServer(Self.routes)
    let answer = try server.request("GET /nowhere/at%20all?x=1")
    #expect(answer.status == 404)
    #expect(answer.headers["content-type"] == "application/problem+json")
    #expect(
      answer.text
        == #"{"type":"about:blank","title":"Not Found","status":404,"#
        + #""instance":"/nowhere/at%20all"}"#)
    #expect(server.seen.first { $0.status == 404 }?.template == "_unknown")
  }

  @Test func aWrongMethodIsToldTheRightOnes() throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    let answer = try client.request("DELETE /hello/ann")
    #expect(answer.status == 405)
    #expect(answer.headers["allow"] == "GET, HEAD, OPTIONS, PUT")
    #expect(try client.request("POST /livez", body: "x").status == 405)
    #expect(try client.request("OPTIONS /hello/ann").headers["allow"] == "GET, HEAD, OPTIONS, PUT")
    #expect(try client.request("OPTIONS /livez").status == 204)
    #expect(try client.request("OPTIONS *").status == 204)
    #expect(try client.request("GET /livez").status == 200)
  }

  @Test func aTrailingSlashMakesNoDifference() throws {
    let server = try TestServer(Self.routes)
    #expect(try server.request("GET /livez/").status == 200)
    #expect(try server.request("GET /hello/ann/").text == "Hello ann")
    #expect(try server.request("GET /livez//").status == 404)
    #expect(try server.request("GET /hello//").status == 404)
  }

  @Test func anEncodedSlashIsNoSeparator() throws {
    let server = try TestServer(Self.routes)
    #expect(try server.request("GET /a/AC%2FDC/2020/02").text == "AC/DC|2020|02")
    #expect(try server.request("GET /a/%E2%98%83+%25/1/2").text == "\u{2603}+%|1|2")
    #expect(try server.request("GET /a/\u{2603}/1/2").text == "\u{2603}|1|2")
    #expect(try server.request("GET /raw?a=%2f&b").text == "/raw?a=%2f&b")
    #expect(try server.request("GET /%6Civez").text == "ok\n")
  }

  @Test(arguments: ["%", "%4", "%zz", "%ff", "%00", "%c3%28"])
  func aPathThatIsNoTextIsRefused(segment: String) throws {
    let server = try TestServer(Self.routes)
    #expect(try server.request("GET /hello/\(segment)").status == 400)
    #expect(try server.request("GET /query?a=\(segment)").status == 400)
  }

  @Test func queryParametersAreDecoded() throws {
    let server = try TestServer(Self.routes)
    #expect(
      try server.request("GET /query?a=1&b=x%26y+z&a=2&c&=d").text == "a=1|b=x&y z|a=2|c=|=d")
    #expect(try server.request("GET /query").text == "")
    #expect(try server.request("GET /query?").text == "")
  }

  @Test func theAbsoluteFormIsAccepted() throws {
    let server = try TestServer(Self.routes)
    #expect(try server.request("GET http://test/livez").text == "ok\n")
    #expect(try server.request("GET http://test:80/hello/ann?x=1").text == "Hello ann")
  }

  @Test func headersAreFoundWithoutRegardToCase() throws {
    let server = try TestServer(Self.routes)
    let answer = try server.request("GET /headers", "X-a:  b c \t\r\nx-A: d\r\nCookie: k=v\r\n")
    #expect(answer.text == "Host=test|X-a=b c|x-A=d|Cookie=k=v")
  }

  @Test func theHooksSeeEveryRequest() throws {
    let server = try TestServer(Self.routes)
    let answer = try server.request("GET /hello/ann?x=1", "x-request-id: abc\r\n")
    #expect(answer.headers["x-request-id"] == "abc")
    #expect(
      server.seen.first { $0.template == "/hello/{username}" }
        == TestServer.Seen.Entry(
          method: "GET", target: "/hello/ann?x=1", template: "/hello/{username}", status: 200,
          bodyBytes: 9, isWhole: true))
  }

  @Test func anOldClientGetsItsConnectionClosed() throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    try client.send("GET /livez HTTP/1.0\r\n\r\n")
    #expect(try client.answer().text == "ok\n")
    #expect(try client.isClosed())
  }
}
