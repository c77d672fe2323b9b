import POSIX
import TestSupport
import Testing

/// A text that a test compares with a file of Tests/Ops/Golden.
enum GoldenFile {
  /// Expects `text` to be what the file holds; with RECORD_GOLDEN=1 it is written instead.
  static func expect(
    _ text: String, _ name: String, location: SourceLocation = #_sourceLocation
  ) throws {
    let directory = Path.parent(of: Path.parent(of: #filePath)) + "/Golden"
    let difference = try GoldenText.difference(text, name, in: directory)
    #expect(difference == nil, sourceLocation: location)
  }
}
