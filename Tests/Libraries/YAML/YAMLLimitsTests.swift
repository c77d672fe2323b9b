import Testing
import YAML

/// Documents that ask for too much.
struct YAMLLimitsTests {
  @Test func aBillionLaughsAreRefused() throws {
    var text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
    for level in 1...9 {
      let aliases = [String](repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    let error = try #require(throws: YAMLError.self) { try YAMLReader.read(text) }
    #expect(error.reason == .limit(.nodes, 100_000))
  }

  @Test func aliasesCannotGoDeeperThanNesting() throws {
    var text = "a0: &a0 [x]\n"
    for level in 1...70 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
    let error = try #require(throws: YAMLError.self) { try YAMLReader.read(text) }
    #expect(error.reason == .limit(.depth, 64))
  }

  @Test func oneMoreNodeThanAllowedIsRefused() throws {
    var limits = YAMLLimits()
    limits.nodesMax = 4
    _ = try YAMLReader.read("[1, 2, 3]", limits: limits)
    #expect(throws: YAMLError(.limit(.nodes, 4), at: YAMLMark(line: 1, column: 11))) {
      try YAMLReader.read("[1, 2, 3, 4]", limits: limits)
    }
  }

  @Test func oneMoreDocumentThanAllowedIsRefused() throws {
    var limits = YAMLLimits()
    limits.documentsMax = 2
    let stream = Array("--- 1\n--- 2\n--- 3\n".utf8)
    #expect(throws: YAMLError.self) { try YAMLReader.readStream(stream, limits: limits) }
  }

  /// Any bytes give a value or an error, never a crash; the seed is printed by the failing case.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func garbageIsReadOrRefused(_ seed: UInt64) throws {
    var random = Random(state: seed)
    let pieces = [
      "a", ": ", "- ", "\n", "  ", "{", "}", "[", "]", ",", "&x ", "*x", "!!int ", "|\n", ">-\n",
      "'", "\"", "\\", "#", "? ", "---\n", "...\n", "%YAML 1.2\n", "\t", "é", "\u{0}", "~", "1",
      "<<: *x\n", "\u{feff}", "!<x> ", "@", "`",
    ]
    for _ in 0..<200 {
      let count = Int(random.next() % 40)
      let text = (0..<count).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }
      var bytes = Array(text.joined().utf8)
      if random.next() % 4 == 0, !bytes.isEmpty {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      if let node = try? YAMLReader.read(bytes) {
        #expect(try YAMLReader.read(YAMLWriter.write(node)) == node, "\(bytes)")
      }
    }
  }
}

/// A generator that gives the same numbers for the same seed.
struct Random: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    // https://prng.di.unimi.it/splitmix64.c
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
