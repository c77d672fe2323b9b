import Synchronization

/// The memory that large bodies may take, all together.
final class BodyRoom: Sendable {
  private let bytesMax: Int
  private let taken = Atomic<Int>(0)

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// Bytes that are taken now.
  var bytes: Int { taken.load(ordering: .relaxed) }

  /// Whether so many bytes would fit at present; nothing is taken.
  func hasRoom(for count: Int) -> Bool { count <= bytesMax - bytes }

  fileprivate func take(_ count: Int) -> Bool {
    if taken.add(count, ordering: .relaxed).newValue <= bytesMax { return true }
    taken.subtract(count, ordering: .relaxed)
    return false
  }

  fileprivate func giveBack(_ count: Int) { taken.subtract(count, ordering: .relaxed) }
}

/// What one body has of the room: it goes back with the last copy of the request, which may be in
/// a handler long after the client has left.
final class BodyShare: Sendable {
  /// How much is taken at once, in bytes.
  static let step = 1_048_576

  private let room: BodyRoom
  private let bytes = Atomic<Int>(0)

  init(_ room: BodyRoom) { self.room = room }

  deinit { room.giveBack(bytes.load(ordering: .relaxed)) }

  /// Takes what a body of so many bytes lacks; false where there is no room.
  ///
  /// By what has come, not by what is announced: who announces and sends nothing holds nothing.
  func grow(to count: Int) -> Bool {
    let lacking = count - bytes.load(ordering: .relaxed)
    guard lacking > 0 else { return true }
    let wanted = (lacking + Self.step - 1) / Self.step * Self.step
    guard room.take(wanted) else { return false }
    bytes.add(wanted, ordering: .relaxed)
    return true
  }
}
