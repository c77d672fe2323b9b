/// A streamed body on its way out; used on the connection's event thread only.
final class BodySource {
  /// MHD_CONTENT_READER_END_OF_STREAM and _END_WITH_ERROR, which Swift does not import.
  static let end = -1
  static let error = -2

  private let producer: BodyProducer
  private let connection: Connection
  private var chunk: [UInt8] = []
  private var offset = 0
  private var isEnded = false
  /// Bytes handed to the network so far.
  private(set) var bytesSent = 0

  init(_ producer: BodyProducer, _ connection: Connection) {
    self.producer = producer
    self.connection = connection
  }

  /// Fills `space`; 0 after the connection was suspended, negative at the end.
  func read(into space: UnsafeMutableRawBufferPointer) -> Int {
    if let job = connection.job {
      connection.job = nil
      connection.loop.counters.workEnded()
      guard case .chunk(let next)? = job.outcome else { return Self.error }
      take(next)
    }
    while offset == chunk.count, !isEnded {
      if producer.execution != .inline {
        connection.suspendForChunk(producer)
        return 0
      }
      do { take(try producer.next()) } catch { return Self.error }
    }
    if offset == chunk.count { return Self.end }
    let count = min(space.count, chunk.count - offset)
    unsafe space.copyBytes(from: chunk[offset..<(offset + count)])
    offset += count
    bytesSent += count
    return count
  }

  private func take(_ next: [UInt8]?) {
    chunk = next ?? []
    offset = 0
    isEnded = next == nil
  }
}
