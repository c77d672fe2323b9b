import Core
import HTTPClient
import POSIX
import TestSupport
import Testing

@Suite struct HTTPClientTests {
  private func failure(_ request: HTTPRequest, _ client: HTTPClient = HTTPClient()) throws
    -> HTTPClientError
  {
    try #require(#expect(throws: HTTPClientError.self) { try client.send(request) })
  }

  @Test func anAnswerHasStatusHeadersInOrderAndBody() throws {
    let server = try RawServer { _ in
      .response(404, "nothing", headers: ["B: 1", "A:  two words  ", "b: 3", "Empty:"])
    }
    let answer = try HTTPClient().send(HTTPRequest(server.url + "/x"))
    #expect(answer.status == 404)
    #expect(answer.text == "nothing")
    #expect(answer.headers.map(\.name) == ["Content-Length", "B", "A", "b", "Empty"])
    #expect(answer.header("a") == "two words")
    #expect(answer.header("empty") == "")
    #expect(answer.header("none") == nil)
  }

  @Test func theLengthOfABodyThatDoesNotComeIsNoReasonToRefuseAnAnswer() throws {
    let length = HTTPRequest.bodyBytesMaxDefault + 1
    let server = try RawServer { _ in
      .keep("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n")
    }
    let answer = try HTTPClient().send(HTTPRequest(server.url, method: "HEAD"))
    #expect(answer.status == 200 && answer.header("Content-Length") == "\(length)")
  }

  @Test func nothingIsSentAfterTheDeadline() throws {
    let server = try RawServer { _ in .response() }
    let client = HTTPClient()
    _ = try client.send(HTTPRequest(server.url))
    let late = try failure(HTTPRequest(server.url, deadline: .after(.seconds(-1))), client)
    #expect([.timeout, .connectTimeout].contains(late.kind))
    #expect(server.requests == 1)
  }

  @Test func aLargeBodyArrivesWholeAndOnAnotherConnectionWhereTheKeptOneDied() throws {
    let received = Guarded<[[UInt8]]>([])
    let server = try RawServer { request in
      // The second request finds its connection closed without an answer.
      if request.number == 1, request.connection == 0 { return .close("") }
      received.withLock { $0.append(request.body) }
      return .response()
    }
    let client = HTTPClient()
    let body = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
    for _ in 0..<2 {
      let answer = try client.send(HTTPRequest(server.url, method: "PUT", body: body))
      #expect(answer.status == 200)
    }
    #expect(received.withLock { $0 } == [body, body])
  }

  @Test func silenceIsATimeoutLongBeforeTheDeadline() throws {
    let server = try RawServer { _ in .hang }
    var request = HTTPRequest(server.url, deadline: .after(.seconds(600)))
    request.silenceMax = .seconds(1)
    #expect(try failure(request).kind == .timeout)
  }

  @Test func aConnectionIsUsedAgain() throws {
    let server = try RawServer { _ in .response() }
    let client = HTTPClient()
    let first = try client.send(HTTPRequest(server.url))
    let second = try client.send(HTTPRequest(server.url))
    #expect(first.madeConnection)
    #expect(!second.madeConnection)
    #expect(second.timings.connect == .zero)
    #expect(server.connections == 1)
  }

  @Test func aFreshConnectionIsNotUsedAgain() throws {
    let server = try RawServer { _ in .response() }
    let client = HTTPClient()
    var request = HTTPRequest(server.url)
    request.connection = .fresh
    #expect(try client.send(request).madeConnection)
    #expect(try client.send(request).madeConnection)
    #expect(server.connections == 2)
  }

  @Test func theRequestArrivesAsWritten() throws {
    let server = try RawServer { request in
      .response(200, request.head + "\r\n--\r\n" + String(decoding: request.body, as: UTF8.self))
    }
    let request = HTTPRequest(
      server.url + "/a?b=c", method: "PATCH",
      headers: [HTTPHeader("X-One", "1"), HTTPHeader("X-Empty", "")], body: Array("body\0x".utf8))
    let text = try HTTPClient().send(request).text
    #expect(text.hasPrefix("PATCH /a?b=c HTTP/1.1\r\n"))
    #expect(text.contains("\r\nX-One: 1\r\n"))
    #expect(text.contains("\r\nX-Empty:\r\n"))
    #expect(text.contains("\r\nUser-Agent: slipway/"))
    #expect(!text.contains("Content-Type"))
    #expect(!text.contains("Expect"))
    #expect(text.hasSuffix("--\r\nbody\0x"))
  }

  @Test func aPostWithoutABodySaysSo() throws {
    let server = try RawServer { .response(200, $0.head) }
    let text = try HTTPClient().send(HTTPRequest(server.url, method: "POST")).text
    #expect(text.contains("Content-Length: 0"))
  }

  @Test func aHeadRequestWaitsForNoBody() throws {
    let server = try RawServer { _ in .keep("HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\n") }
    let answer = try HTTPClient().send(HTTPRequest(server.url, method: "HEAD"))
    #expect(answer.status == 200)
    #expect(answer.header("Content-Length") == "10")
    #expect(answer.body.isEmpty)
  }

  @Test func nobodyListeningIsRefused() throws {
    let server = try RawServer { _ in .response() }
    let url = server.url
    server.stop()
    let deadline = Deadline.after(.seconds(30))
    var kinds: Set<HTTPClientError.Kind> = []
    while !kinds.contains(.refused), !deadline.hasPassed {
      do { _ = try HTTPClient().send(HTTPRequest(url)) } catch { kinds.insert(error.kind) }
    }
    #expect(kinds.contains(.refused))
  }

  @Test func anUnknownHostIsNamed() throws {
    let error = try failure(HTTPRequest("http://no-such-host.invalid/"))
    #expect(error.kind == .nameNotResolved)
    #expect(error.message.contains("no-such-host.invalid"))
  }

  @Test func aSilentServerIsATimeout() throws {
    let server = try RawServer { _ in .hang }
    let request = HTTPRequest(server.url, deadline: .after(.milliseconds(200)))
    #expect(try failure(request).kind == .timeout)
  }

  @Test func aDeadlineThatHasPassedIsNoLackOfADeadline() throws {
    let server = try RawServer { _ in .hang }
    let kind = try failure(HTTPRequest(server.url, deadline: .after(.zero))).kind
    #expect([.timeout, .connectTimeout].contains(kind))
  }

  @Test(arguments: ["", "HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nfour"])
  func aConnectionThatEndsTooEarlyIsCut(_ sent: String) throws {
    let server = try RawServer { _ in .close(sent) }
    #expect(try failure(HTTPRequest(server.url)).kind == .cut)
  }

  @Test func whatIsNotHTTPIsABadAnswer() throws {
    let server = try RawServer { _ in .close("SSH-2.0-OpenSSH\r\n") }
    #expect(try failure(HTTPRequest(server.url)).kind == .badAnswer)
  }

  @Test func plainTextOnAnEncryptedConnectionIsATLSError() throws {
    let server = try RawServer { _ in .response() }
    let url = "https://127.0.0.1:\(server.port)"
    // The server waits for the end of a request line that never comes in a TLS greeting.
    let kind = try failure(HTTPRequest(url, connectTimeout: .milliseconds(300))).kind
    #expect([.tls, .connectTimeout, .cut].contains(kind))
  }

  @Test(arguments: [true, false])
  func aBodyBeyondTheLimitIsTooLarge(_ announced: Bool) throws {
    let body = String(repeating: "x", count: 2000)
    let server = try RawServer { _ in
      announced ? .response(200, body) : .close("HTTP/1.1 200 X\r\n\r\n" + body)
    }
    #expect(try failure(HTTPRequest(server.url, bodyBytesMax: 1999)).kind == .tooLarge)
    #expect(try HTTPClient().send(HTTPRequest(server.url, bodyBytesMax: 2000)).body.count == 2000)
  }

  @Test func redirectionsAreFollowedOnlyWhereAskedFor() throws {
    let server = try RawServer { request in
      request.head.hasPrefix("GET /old")
        ? .response(302, "", headers: ["Location: /new"]) : .response(200, "new")
    }
    var request = HTTPRequest(server.url + "/old")
    let first = try HTTPClient().send(request)
    #expect(first.status == 302)
    request.followsRedirects = true
    let second = try HTTPClient().send(request)
    #expect(second.text == "new")
    #expect(second.header("Location") == nil)
  }

  @Test func redirectionsWithoutEndAreAnError() throws {
    let server = try RawServer { _ in .response(302, "", headers: ["Location: /again"]) }
    var request = HTTPRequest(server.url)
    request.followsRedirects = true
    #expect(try failure(request).kind == .redirects)
  }

  @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "no url", ""])
  func onlyHTTPIsSpoken(_ url: String) throws {
    #expect(try failure(HTTPRequest(url)).kind == .invalidRequest)
  }

  @Test(arguments: [
    HTTPHeader("X", "1\r\nY: 2"), HTTPHeader("X: 1\r\nY", "2"), HTTPHeader("", "1"),
  ])
  func aHeaderCanNotBeginAnother(_ header: HTTPHeader) throws {
    let server = try RawServer { _ in .response() }
    let error = try failure(HTTPRequest(server.url, headers: [header]))
    #expect(error.kind == .invalidRequest)
    #expect(server.requests == 0)
  }

  @Test func aDeadKeptConnectionIsReplacedForAGetButNotForAPost() throws {
    // Cuts the second request of each connection, after having read it.
    let server = try RawServer { $0.number == 0 ? .response() : .close("") }
    let client = HTTPClient()
    _ = try client.send(HTTPRequest(server.url))
    #expect(try client.send(HTTPRequest(server.url)).status == 200)
    #expect(server.requests == 3)
    #expect(try failure(HTTPRequest(server.url, method: "POST"), client).kind == .cut)
    #expect(server.requests == 4)
  }

  @Test func manyThreadsShareAClient() throws {
    let server = try RawServer { .response(200, String($0.head.prefix(8))) }
    let client = HTTPClient()
    let failures = Counter()
    let done = Counter()
    for index in 0..<8 {
      try WorkThread.detach("client") {
        for _ in 0..<25 {
          let answer = try? client.send(HTTPRequest(server.url + "/\(index)x"))
          if answer?.text != "GET /\(index)x " { failures.add() }
        }
        done.add()
      }
    }
    let deadline = Deadline.after(.seconds(60))
    while done.value < 8, !deadline.hasPassed { WorkThread.sleep(.milliseconds(5)) }
    #expect(done.value == 8)
    #expect(failures.value == 0)
    #expect(server.connections <= 8)
  }
}
