import Core
import HTTPClient

/// Lines of an answer that lasts: the changes of a watch, a log that is followed.
///
/// One thread takes them; any thread may cancel.
final class ClusterStream: Sendable {
  private let stream: HTTPStream
  private let lines: Guarded<LineSplitter>
  private let call: ClusterCall
  private let transport: ClusterTransport

  init(
    _ stream: HTTPStream, lineBytesMax: Int, _ call: ClusterCall, _ transport: ClusterTransport
  ) {
    self.stream = stream
    lines = Guarded(LineSplitter(lineBytesMax: lineBytesMax))
    self.call = call
    self.transport = transport
  }

  /// The next line without its end as soon as it is whole; nil after the last one.
  ///
  /// Throws `unreachable` where it was cut, `timeout` after a silence, `cancelled`.
  func next() throws(ClusterFailure) -> [UInt8]? {
    try lines.withLock { lines throws(ClusterFailure) in
      while true {
        if let line = lines.next() { return line }
        let part: [UInt8]?
        do throws(HTTPClientError) {
          part = try stream.next()
        } catch {
          throw transport.failure(error, call)
        }
        guard let part else { return lines.rest() }
        lines.feed(part)
      }
    }
  }

  /// Ends the waiting of the thread that takes.
  func cancel() { stream.cancel() }
}

/// Cuts bytes into lines.
struct LineSplitter {
  /// What is longer is cut: what follows, up to the line's end, is dropped.
  let lineBytesMax: Int
  private var whole: [[UInt8]] = []
  private var begun: [UInt8] = []

  init(lineBytesMax: Int) { self.lineBytesMax = lineBytesMax }

  /// Takes more bytes.
  mutating func feed(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
      append(rest[..<end])
      whole.append(begun)
      begun = []
      rest = rest[(end + 1)...]
    }
    append(rest)
  }

  /// The next whole line without its end.
  mutating func next() -> [UInt8]? { whole.isEmpty ? nil : whole.removeFirst() }

  /// What came after the last line's end; nil where nothing did.
  mutating func rest() -> [UInt8]? {
    defer { begun = [] }
    return begun.isEmpty ? nil : begun
  }

  private mutating func append(_ part: ArraySlice<UInt8>) {
    begun += part.prefix(lineBytesMax - begun.count)
  }
}
