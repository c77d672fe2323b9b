import Core

/// How far a backup is, as numbers.
struct BackupProgress: Sendable, Equatable {
  /// Bytes in the store.
  var bytes: Int64 = 0
  /// What the last backup of the same database had; nil where there is none.
  var expectedBytes: Int64?
  var elapsed: Duration = .zero

  /// Bytes in a second, on the whole.
  var rate: Double { elapsed > .zero ? Double(bytes) / elapsed.inSeconds : 0 }

  /// What is left at that rate; nil where nobody can know.
  var remaining: Duration? {
    guard let expectedBytes, expectedBytes > bytes, rate > 0 else { return nil }
    return .seconds(Double(expectedBytes - bytes) / rate)
  }

  /// One line: `120.0 MiB of about 1.2 GiB, 45.1 MiB/s, about 25s left`.
  var text: String {
    let of = expectedBytes.map { $0 > bytes ? " of about \(ByteText.format($0))" : "" } ?? ""
    let left = remaining.map {
      ", about \(DurationText.format(.seconds(max(1, $0.components.seconds)))) left"
    }
    return ByteText.format(bytes) + of + ", \(ByteText.format(Int64(rate)))/s" + (left ?? "")
  }
}

/// Numbers of bytes as people read them.
enum ByteText {
  /// `0 B`, `1.5 KiB`, `12.0 GiB`.
  static func format(_ bytes: Int64) -> String {
    if bytes < 1024 { return "\(bytes) B" }
    var tenths = bytes / 1024 * 10 + bytes % 1024 * 10 / 1024
    var unit = 0
    let units = ["KiB", "MiB", "GiB", "TiB"]
    while tenths >= 10_240, unit < units.count - 1 {
      tenths /= 1024
      unit += 1
    }
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}
