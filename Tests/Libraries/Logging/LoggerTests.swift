import Core
import JSON
import Logging
import Testing

@Suite struct LoggerTests {
  private let sink = MemorySink()

  private func logger(_ format: LogFormat, _ level: LogLevel = .debug) -> Logger {
    Logger(level: level, format: format, sink: sink) {
      Timestamp(microsecondsSinceEpoch: 1_709_251_199_500_000)
    }
  }

  @Test func aJSONLineHasTimeLevelMessageAndFieldsInOrder() {
    logger(.json).info(
      "served", ("route", "/hello/{username}"), ("status", 200), ("seconds", .real(0.25)),
      ("cached", false))
    #expect(
      sink.written == [
        #"{"time":"2024-02-29T23:59:59.500Z","level":"info","message":"served","#
          + #""route":"/hello/{username}","status":200,"seconds":0.25,"cached":false}"#
      ])
  }

  @Test func aTextLineReadsAsWordsAndPairs() {
    logger(.text).warning(
      "slow answer", ("status", 200), ("path", "/a b"), ("empty", ""), ("cached", true),
      ("seconds", .real(1.5)))
    #expect(
      sink.written == [
        "2024-02-29T23:59:59.500Z warning slow answer status=200 path=\"/a b\" empty=\"\" "
          + "cached=true seconds=1.5"
      ])
  }

  @Test(arguments: [
    (LogLevel.debug, ["debug", "info", "warning", "error"]), (.info, ["info", "warning", "error"]),
    (.warning, ["warning", "error"]), (.error, ["error"]),
  ])
  func linesBelowTheLevelAreNotWritten(level: LogLevel, expected: [String]) throws {
    let logger = logger(.json, level)
    logger.debug("x")
    logger.info("x")
    logger.warning("x")
    logger.error("x")
    #expect(try sink.written.map { try JSONReader.read($0)["level"]?.text } == expected)
    #expect(LogLevel.allCases.filter(logger.writes).map(\.rawValue) == expected)
  }

  @Test(
    arguments: [LogFormat.json, .text],
    ["\n", "\r", "\u{1B}[2K", "\0", "\u{7F}", "\t", "\u{9B}2K", "\u{85}"])
  func whatAClientSentCanNotFakeALine(format: LogFormat, character: String) {
    let hostile = "x\(character){\"level\":\"error\"}"
    logger(format).info(hostile, ("agent", .string(hostile)))
    #expect(sink.written.count == 1)
    for line in sink.written {
      #expect(
        !line.unicodeScalars.contains {
          $0.value < 0x20 || (format == .text && (0x7F...0x9F).contains($0.value))
        })
    }
  }

  @Test func aJSONLineGivesBackExactlyWhatWasLogged() throws {
    let hostile = "\"}\n{\"level\":\"error\"\\"
    logger(.json).info(hostile, ("field", .string(hostile)))
    let value = try JSONReader.read(try #require(sink.written.first))
    #expect(value["message"]?.text == hostile && value["field"]?.text == hostile)
  }

  @Test func aTextValueWithAQuoteCanNotFakeAField() {
    logger(.text).info("served", ("agent", "x\" status=\"500"), ("status", 200))
    #expect(sink.written.first?.components(" status=") == 2)
    logger(.text).info("served", ("agent", "x=1"))
    #expect(sink.written.last?.hasSuffix("agent=\"x=1\"") == true)
  }
}

extension String {
  /// How many parts `separator` cuts this text into, where it stands outside of quotes.
  fileprivate func components(_ separator: String) -> Int {
    var parts = 1
    var inQuotes = false
    var escaped = false
    for index in indices {
      if escaped {
        escaped = false
      } else if self[index] == "\\" {
        escaped = true
      } else if self[index] == "\"" {
        inQuotes.toggle()
      } else if !inQuotes, self[index...].hasPrefix(separator) {
        parts += 1
      }
    }
    return parts
  }
}
