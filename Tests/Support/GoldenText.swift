import POSIX

/// A text that a test compares with a file of the folder `Golden` of its target.
public enum GoldenText {
  /// How `text` differs from what the file `name` in `directory` holds; nil where it does not.
  ///
  /// With RECORD_GOLDEN=1 the file is written instead, which is a difference too: nobody records
  /// by accident.
  public static func difference(
    _ text: String, _ name: String, in directory: String
  ) throws -> String? {
    let path = directory + "/" + name
    guard ProcessInfo.environment["RECORD_GOLDEN"] == "1" else {
      return try File.readText(path) == text ? nil : "\(name) differs"
    }
    try File.makeDirectory(directory)
    try File.write(Array(text.utf8), to: path)
    return "recorded \(name)"
  }
}
