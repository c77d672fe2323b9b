import Core
import POSIX
import Testing

@testable import Subprocess

struct ChildStreamTests {
  /// All that a child writes, with what it is fed.
  private func drain(_ child: ChildProcess, feeding pieces: [[UInt8]] = []) throws -> [UInt8] {
    var rest = pieces[...]
    var all: [UInt8] = []
    while true {
      let piece = try child.read { rest.popFirst() ?? [] }
      if piece.isEmpty { return all }
      all += piece
    }
  }

  @Test func whatIsFedComesBackWithoutEitherSideWaitingForTheOther() throws {
    let child = try ChildProcess(Command("cat", input: .stream))
    let pieces = (0..<40).map { [UInt8](repeating: UInt8($0), count: 300_000) }
    #expect(try drain(child, feeding: pieces) == pieces.flatMap(\.self))
    #expect(try child.finish(.after(.seconds(60))).isSuccess)
  }

  @Test func outputIsMoreThanIsKept() throws {
    let child = try ChildProcess(
      Command("head", ["-c", "5000000", "/dev/zero"]), captureBytesMax: 10)
    #expect(try drain(child).count == 5_000_000)
    let result = try child.finish(.after(.seconds(60)))
    #expect(result.isSuccess && result.output.isEmpty)
  }

  @Test func aChildThatReadsNoFurtherIsAskedForNoMore() throws {
    let child = try ChildProcess(Command("head", ["-c", "10"], input: .stream))
    let pieces = [[UInt8]](repeating: [UInt8](repeating: 7, count: 1_000_000), count: 100)
    #expect(try drain(child, feeding: pieces) == [UInt8](repeating: 7, count: 10))
    #expect(try child.finish(.after(.seconds(60))).isSuccess)
  }

  @Test func whoWritesIsToldThatNobodyReads() throws {
    let child = try ChildProcess(Command("true", input: .stream, output: .discard))
    _ = child.wait(.after(.seconds(60)))
    #expect(try !child.write([UInt8](repeating: 1, count: 10_000_000)))
    #expect(try child.finish(.after(.seconds(60))).isSuccess)
  }

  @Test func aFailureIsSeenBehindTheEndOfTheOutput() throws {
    let child = try ChildProcess(
      Command("sh", ["-c", "cat; echo broken >&2; exit 3"], input: .stream))
    #expect(try drain(child, feeding: [[1, 2, 3]]) == [1, 2, 3])
    let result = try child.finish(.after(.seconds(60)))
    #expect(result.exit == .code(3))
    #expect(result.lastErrorLine == "broken")
  }

  @Test func whatTheSourceThrowsComesOut() throws {
    struct Gone: Error {}
    let child = try ChildProcess(Command("cat", input: .stream))
    #expect(throws: Gone.self) { try child.read { throw Gone() } }
    #expect(try child.finish(.after(.seconds(60))).isSuccess)
  }
}
