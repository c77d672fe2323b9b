import POSIX
import YAML

/// A file that `ops render` keeps up to date.
struct RenderedFile: Sendable, Equatable {
  /// From the root of the repository.
  let path: String
  let bytes: [UInt8]

  init(path: String, bytes: [UInt8]) {
    (self.path, self.bytes) = (path, bytes)
  }

  /// YAML documents under a header.
  init(_ path: String, _ header: FileHeader, note: [String] = [], _ documents: [YAMLNode]) {
    self.init(
      path: path, bytes: YAMLWriter.bytes(documents: documents, comment: header.lines + note))
  }
}

/// The first lines of a rendered file: who made it out of what, and how it is changed.
///
/// They are also the proof that a file may be overwritten or removed.
struct FileHeader: Sendable {
  /// What a rendered file begins with; it never changes, or old files are taken for foreign ones.
  static let mark = "# Rendered by `ops render` "
  /// The header is looked for in so much of a file: what a merge puts before it is passed over.
  private static let searchBytesMax = 1024

  /// Without `# `.
  let lines: [String]

  /// Of a file that is made out of platform.yaml.
  init(of platform: Platform) {
    // Where the file is on this machine is nothing to others.
    let file = Path.name(of: platform.file)
    lines = [
      "\(Self.mark.dropFirst(2))from \(file), sha256 \(platform.digest.prefix(12)).",
      "Hand edits are lost: change \(file), then run `ops render --all`.",
    ]
  }

  /// Whether a file with these bytes was rendered.
  static func isRendered(_ bytes: [UInt8]) -> Bool {
    let start = bytes.prefix(searchBytesMax)
    return start.split(separator: UInt8(ascii: "\n")).contains { $0.starts(with: mark.utf8) }
  }
}
