import POSIX
import Testing

/// A text that a test compares with a file of Tests/Ops/Golden.
enum GoldenFile {
  /// Expects `text` to be what the file holds.
  ///
  /// With RECORD_GOLDEN=1 the file is written instead and the test fails, so that nobody records
  /// by accident.
  static func expect(
    _ text: String, _ name: String, location: SourceLocation = #_sourceLocation
  ) throws {
    let directory = Path.parent(of: Path.parent(of: #filePath)) + "/Golden"
    let path = directory + "/" + name
    if ProcessInfo.environment["RECORD_GOLDEN"] == "1" {
      try File.makeDirectory(directory)
      try File.write(Array(text.utf8), to: path)
      Issue.record("recorded \(name)", sourceLocation: location)
    } else {
      let expected = try File.readText(path)
      #expect(text == expected, "\(name) differs", sourceLocation: location)
    }
  }
}
