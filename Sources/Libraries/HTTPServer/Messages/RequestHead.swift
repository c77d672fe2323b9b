/// The bytes of a request's target and headers, in one allocation.
///
/// Layout: the target as it was sent, then one line per header as the library leaves them behind:
/// name, NUL, blanks, value, NUL, NUL; an empty line, NUL NUL, ends it. Texts are made when
/// somebody asks for them.
struct RequestHead: Sendable {
  let bytes: [UInt8]
  /// Where the target ends and the first header begins.
  let targetEnd: Int
  /// The path within the target, without the query.
  let path: Range<Int>

  /// A head with a target and nothing else, for requests that were refused before they were read.
  init(target: [UInt8]) {
    self.init(bytes: target + [0, 0], targetEnd: target.count)
  }

  /// A head whose header lines were checked by `HeadCheck`.
  init(bytes: [UInt8], targetEnd: Int) {
    self.bytes = bytes
    self.targetEnd = targetEnd
    let start = Self.pathStart(bytes, end: targetEnd)
    let query = bytes[start..<targetEnd].firstIndex(of: UInt8(ascii: "?")) ?? targetEnd
    path = start..<query
  }

  /// The part of the target behind the question mark, empty where there is none.
  var query: ArraySlice<UInt8> {
    path.upperBound < targetEnd ? bytes[(path.upperBound + 1)..<targetEnd] : []
  }

  /// Skips scheme and authority of the absolute form, which every server must accept.
  ///
  /// RFC 9112, section 3.2.2.
  private static func pathStart(_ bytes: [UInt8], end: Int) -> Int {
    let slash = UInt8(ascii: "/")
    guard end > 7, bytes[0] | 0x20 == UInt8(ascii: "h"),
      let colon = bytes[0..<min(end, 6)].firstIndex(of: UInt8(ascii: ":")),
      colon + 2 < end, bytes[colon + 1] == slash, bytes[colon + 2] == slash
    else { return 0 }
    return bytes[(colon + 3)..<end].firstIndex(of: slash) ?? end
  }
}

/// The headers of a request, looked up without regard to case.
public struct RequestHeaders: Sendable {
  let head: RequestHead

  /// The value of the first header called `name`, nil where there is none.
  public subscript(_ name: String) -> String? {
    for line in lines where matches(line.name, name) { return text(line.value) }
    return nil
  }

  /// The values of all headers called `name`, in the order they came.
  public func all(_ name: String) -> [String] {
    lines.filter { matches($0.name, name) }.map { text($0.value) }
  }

  /// The lines of a header that is a list, as the one line that they stand for; nil where there is
  /// none.
  ///
  /// RFC 9110, section 5.3.
  public func list(_ name: String) -> String? {
    let values = all(name)
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  /// Every header in the order they came, names as they were written.
  public var pairs: [(name: String, value: String)] {
    lines.map { (name: text($0.name), value: text($0.value)) }
  }

  var lines: Lines { Lines(bytes: head.bytes, index: head.targetEnd) }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: head.bytes[range], as: UTF8.self)
  }

  private func matches(_ range: Range<Int>, _ name: String) -> Bool {
    guard range.count == name.utf8.count else { return false }
    return zip(head.bytes[range], name.utf8).allSatisfy {
      $0 == $1 || ($0 | 0x20 == $1 | 0x20 && (0x61...0x7A).contains($0 | 0x20))
    }
  }

  /// The lines of a checked head; each `next` walks one line.
  struct Lines: Sequence, IteratorProtocol {
    let bytes: [UInt8]
    var index: Int

    mutating func next() -> (name: Range<Int>, value: Range<Int>)? {
      guard index < bytes.count, bytes[index] != 0 else { return nil }
      let name = index..<end(from: index)
      var start = name.upperBound + 1
      while bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
      let stop = end(from: start)
      var last = stop
      while last > start, bytes[last - 1] == 0x20 || bytes[last - 1] == 0x09 { last -= 1 }
      index = stop + 2
      return (name, start..<last)
    }

    private func end(from start: Int) -> Int {
      var index = start
      while bytes[index] != 0 { index += 1 }
      return index
    }
  }
}
