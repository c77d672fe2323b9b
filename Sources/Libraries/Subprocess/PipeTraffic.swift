import CLinux
import Core
import Glibc
import POSIX

/// The bytes between this process and a child, moved in all directions at once.
///
/// One `poll(2)` waits on all pipes, so that a child that fills both outputs while it reads its
/// input can not stop for want of a reader.
struct PipeTraffic: ~Copyable {
  private var input: FileDescriptor?
  private var pending: ArraySlice<UInt8>
  private var output: FileDescriptor?
  private var errorOutput: FileDescriptor?
  private let bytesMax: Int
  /// Whether the input goes on when all that was given is written.
  private let isStreamed: Bool
  private(set) var collected = Collected()

  /// What has been read so far.
  struct Collected {
    var output: [UInt8] = []
    var errorOutput: [UInt8] = []
    var droppedBytes = 0
  }

  /// Most bytes that one call reads.
  private static let chunkBytes = 65_536
  /// Most bytes of a piece of streamed output.
  private static let pieceBytes = 256 * 1024

  init(
    input: consuming FileDescriptor?, bytes: [UInt8]?, output: consuming FileDescriptor?,
    errorOutput: consuming FileDescriptor?, bytesMax: Int
  ) throws(SystemError) {
    self.input = input
    self.pending = (bytes ?? [])[...]
    self.isStreamed = bytes == nil
    self.output = output
    self.errorOutput = errorOutput
    self.bytesMax = bytesMax
    if bytes?.isEmpty ?? false { self.input = nil }
    try self.input?.setNonblocking(true)
    try self.output?.setNonblocking(true)
    try self.errorOutput?.setNonblocking(true)
  }

  /// Moves bytes until `end` is readable; false where the deadline comes first.
  mutating func move(until end: Int32, _ deadline: Deadline) throws(SystemError) -> Bool {
    while true {
      if try step(end, deadline) { return true }
      if deadline.hasPassed { return false }
    }
  }

  /// Moves what is left until all outputs are at their end; false where the deadline comes first.
  mutating func moveToEnd(_ deadline: Deadline) throws(SystemError) -> Bool {
    input = nil
    while output != nil || errorOutput != nil {
      _ = try step(-1, deadline)
      if deadline.hasPassed { return output == nil && errorOutput == nil }
    }
    return true
  }

  /// One wait and what it brings; whether `end` is readable.
  private mutating func step(_ end: Int32, _ deadline: Deadline) throws(SystemError) -> Bool {
    // A negative number is one that poll passes over.
    var entries = [
      pollfd(fd: input?.rawValue ?? -1, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: output?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errorOutput?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: end, events: Int16(POLLIN), revents: 0),
    ]
    let ready = unsafe poll(&entries, nfds_t(entries.count), deadline.remainingMilliseconds)
    if ready < 0 {
      if slipway_errno() == EINTR { return false }
      throw .last("poll")
    }
    if entries[0].revents != 0 { try feed() }
    if entries[1].revents != 0, let descriptor = output?.rawValue {
      if try drain(descriptor, \.output) { output = nil }
    }
    if entries[2].revents != 0, let descriptor = errorOutput?.rawValue {
      if try drain(descriptor, \.errorOutput) { errorOutput = nil }
    }
    return entries[3].revents != 0
  }

  private mutating func feed() throws(SystemError) {
    guard let descriptor = input?.rawValue else { return }
    guard let count = try PipeWrite.some(pending, to: descriptor) else {
      input = nil
      return
    }
    pending = pending.dropFirst(count)
    if pending.isEmpty, !isStreamed { input = nil }
  }

  /// Reads once; whether the end was reached.
  private mutating func drain(
    _ descriptor: Int32, _ destination: WritableKeyPath<Collected, [UInt8]>
  ) throws(SystemError) -> Bool {
    var buffer = [UInt8](repeating: 0, count: Self.chunkBytes)
    let count = unsafe read(descriptor, &buffer, Self.chunkBytes)
    if count < 0 {
      if slipway_errno() == EINTR || slipway_errno() == EAGAIN { return false }
      throw .last("read")
    }
    let kept = min(count, bytesMax - collected[keyPath: destination].count)
    collected[keyPath: destination] += buffer.prefix(kept)
    collected.droppedBytes += count - kept
    return count == 0
  }
}

// Streams, of which nothing is kept.
extension PipeTraffic {
  /// The next piece of standard output, empty at its end; what is to be fed comes from `source`.
  mutating func piece(feeding source: () throws -> [UInt8]) throws -> [UInt8] {
    while let number = output?.rawValue {
      if input != nil, pending.isEmpty {
        pending = try source()[...]
        if pending.isEmpty { closeInput() }
      }
      guard try wait(for: number) else { continue }
      let piece = try readPiece(number)
      if let piece, piece.isEmpty { output = nil }
      if let piece { return piece }
    }
    return []
  }

  /// Writes all of `bytes` while standard error is kept from filling up; false without a reader.
  mutating func give(_ bytes: [UInt8]) throws(SystemError) -> Bool {
    pending = bytes[...]
    while input != nil, !pending.isEmpty { _ = try wait(for: -1) }
    pending = []
    return input != nil
  }

  mutating func closeInput() {
    input = nil
    pending = []
  }

  /// Waits until something can be done, feeds and drains; whether `number` is to be read.
  private mutating func wait(for number: Int32) throws(SystemError) -> Bool {
    var entries = [
      pollfd(
        fd: pending.isEmpty ? -1 : input?.rawValue ?? -1, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: number, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errorOutput?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    if unsafe poll(&entries, nfds_t(entries.count), -1) < 0 {
      if slipway_errno() == EINTR { return false }
      throw .last("poll")
    }
    if entries[0].revents != 0 { try feed() }
    if entries[2].revents != 0, let descriptor = errorOutput?.rawValue {
      if try drain(descriptor, \.errorOutput) { errorOutput = nil }
    }
    return entries[1].revents != 0
  }

  /// Reads once; nil where there was nothing after all.
  private func readPiece(_ number: Int32) throws(SystemError) -> [UInt8]? {
    var failure: SystemError?
    let piece = unsafe [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, count in
      let received = unsafe read(number, buffer.baseAddress, Self.pieceBytes)
      count = max(0, received)
      if received < 0 { failure = .last("read") }
    }
    guard let failure else { return piece }
    if failure.isInterrupted { return nil }
    throw failure
  }
}
