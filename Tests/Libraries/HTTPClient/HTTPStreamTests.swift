import Core
import HTTPClient
import POSIX
import TestSupport
import Testing

@Suite struct HTTPStreamTests {
  private static let head = "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"
  private static let end = "0\r\n\r\n"

  private static func chunk(_ text: String) -> String {
    String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n"
  }

  private func failure(_ body: () throws(HTTPClientError) -> Void) throws -> HTTPClientError {
    try #require(#expect(throws: HTTPClientError.self) { try body() })
  }

  private func text(_ stream: HTTPStream) throws -> String? {
    try stream.next().map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func whatCameIsThereBeforeTheAnswerIsWhole() throws {
    let server = try RawServer { _ in .keep(Self.head + Self.chunk("first")) }
    let stream = try HTTPStream(HTTPRequest(server.url))
    #expect(stream.head.status == 200)
    #expect(stream.head.body.isEmpty)
    #expect(try text(stream) == "first")
  }

  @Test func afterTheLastPartThereIsNone() throws {
    let server = try RawServer { _ in
      .pieces(
        .milliseconds(20), [Self.head, Self.chunk("one"), Self.chunk("two"), Self.end])
    }
    let stream = try HTTPStream(HTTPRequest(server.url))
    var all = ""
    while let part = try text(stream) { all += part }
    #expect(all == "onetwo")
    #expect(try stream.next() == nil)
  }

  @Test func anAnswerThatIsNoSuccessHasABodyToo() throws {
    let server = try RawServer { _ in .response(410, "gone", headers: ["Retry-After: 3"]) }
    let stream = try HTTPStream(HTTPRequest(server.url))
    #expect(stream.head.status == 410)
    #expect(stream.head.header("retry-after") == "3")
    #expect(try text(stream) == "gone")
  }

  @Test func aCutConnectionIsAnErrorAfterWhatCame() throws {
    let server = try RawServer { _ in .close(Self.head + Self.chunk("half")) }
    let stream = try HTTPStream(HTTPRequest(server.url))
    #expect(try text(stream) == "half")
    #expect(try failure { () throws(HTTPClientError) in _ = try stream.next() }.kind == .cut)
  }

  @Test func anotherThreadCanCancelTheWaiting() throws {
    let server = try RawServer { _ in .keep(Self.head + Self.chunk("first")) }
    let stream = try HTTPStream(HTTPRequest(server.url))
    #expect(try text(stream) == "first")
    let other = try WorkThread.start("canceller") {
      WorkThread.sleep(.milliseconds(50))
      stream.cancel()
    }
    let next = { () throws(HTTPClientError) in _ = try stream.next() }
    #expect(try failure(next).kind == .cancelled)
    #expect(try failure(next).kind == .cancelled)
    other.join()
  }

  @Test func aSilenceIsATimeout() throws {
    let server = try RawServer { _ in .keep(Self.head) }
    let stream = try HTTPStream(HTTPRequest(server.url), silenceMax: .milliseconds(100))
    #expect(try failure { () throws(HTTPClientError) in _ = try stream.next() }.kind == .timeout)
  }

  @Test func aHeadThatDoesNotComeIsATimeout() throws {
    let server = try RawServer { _ in .hang }
    let error = try failure { () throws(HTTPClientError) in
      _ = try HTTPStream(HTTPRequest(server.url, deadline: .after(.milliseconds(100))))
    }
    #expect(error.kind == .timeout)
  }

  @Test func theDeadlineEndsWithTheHead() throws {
    let server = try RawServer { _ in
      .pieces(.milliseconds(200), [Self.head + Self.chunk("a"), Self.chunk("b") + Self.end])
    }
    let request = HTTPRequest(server.url, deadline: .after(.milliseconds(350)))
    let stream = try HTTPStream(request)
    WorkThread.sleep(request.deadline.remaining)
    var all = ""
    while let part = try text(stream) { all += part }
    #expect(all == "ab")
  }

  @Test func nobodyListeningIsRefused() throws {
    let server = try RawServer { _ in .response() }
    server.stop()
    WorkThread.sleep(.milliseconds(50))
    let error = try failure { () throws(HTTPClientError) in
      _ = try HTTPStream(HTTPRequest(server.url))
    }
    #expect(error.kind == .refused)
  }

  @Test func aBodyLongerThanTheLimitPassesWhereItIsTaken() throws {
    let length = 32 * 1024 * 1024
    let body = String(repeating: "x", count: length)
    let server = try RawServer { _ in .response(200, body) }
    let stream = try HTTPStream(HTTPRequest(server.url, bodyBytesMax: 4 * 1024 * 1024))
    var count = 0
    while let part = try stream.next() { count += part.count }
    #expect(count == length)
  }
}
