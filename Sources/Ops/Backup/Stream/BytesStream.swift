/// Bytes that are there already.
final class BytesStream: ByteStream {
  private var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func next() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  func finish() {}

  func discard() { bytes = [] }
}
