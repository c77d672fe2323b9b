import Core
import Crypto
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
      path: path,
      bytes: YAMLWriter.bytes(documents: documents, comment: header.lines(at: path) + note))
  }
}

extension RenderedFile {
  /// A text, under a header where its format has comments.
  init(_ path: String, _ header: FileHeader? = nil, text: String) {
    let lines = (header?.lines(at: path) ?? []).map { "# \($0)\n" }.joined()
    self.init(path: path, bytes: Array((lines + text).utf8))
  }
}

/// The first lines of a rendered file: where it belongs, who made it out of what, and how it is
/// changed.
///
/// They are also the proof that a file may be overwritten, and at its own place removed.
struct FileHeader: Sendable {
  /// What a rendered file begins with; it never changes, or old files are taken for foreign ones.
  static let mark = "# Rendered by `ops render` "
  /// The header is looked for in so much of a file: what a merge puts before it is passed over.
  private static let searchBytesMax = 1024

  /// Between the file and its place, in the first line.
  private static let placeMark = "as "

  /// Those behind the first, without `# `.
  private let origin: [String]

  /// Of a file at `path`, without `# `.
  func lines(at path: String) -> [String] {
    ["\(Self.mark.dropFirst(2))\(Self.placeMark)\(path)"] + origin
  }

  /// Of a file that is made out of what platform.yaml says of one thing.
  ///
  /// The hash is of that part alone: a remark, or another environment, changes no other file.
  init(of platform: Platform, _ thing: String, source: YAMLNode) {
    // Where the file is on this machine is nothing to others.
    let file = Path.name(of: platform.file)
    let hash = Hexadecimal.encode(SHA256.hash(YAMLWriter.bytes(documents: [source], comment: [])))
    origin = [
      "from \(file), \(thing): sha256 \(hash.prefix(12)).",
      "Hand edits are lost: change \(file), then run `ops render --all`.",
    ]
  }

  /// Of a file that all environments share.
  init(shared platform: Platform) {
    let service = platform.service
    self.init(
      of: platform, "service",
      source: [
        "name": .string(service.name), "image": .string(service.image),
        "port": .integer(service.port),
      ])
  }

  /// Of a file that is the same whatever platform.yaml says of environments.
  init(madeBy sources: String) {
    origin = [
      "from its own types.",
      "Hand edits are lost: change \(sources), then run `ops render --all`.",
    ]
  }

  /// Whether a file with these bytes was rendered.
  static func isRendered(_ bytes: [UInt8]) -> Bool { firstLine(of: bytes) != nil }

  /// Whether a file with these bytes was rendered for this place, and is no copy of another.
  static func isRendered(_ bytes: [UInt8], at path: String) -> Bool {
    firstLine(of: bytes).map { $0 == "\(mark)\(placeMark)\(path)" } ?? false
  }

  private static func firstLine(of bytes: [UInt8]) -> String? {
    bytes.prefix(searchBytesMax).split(separator: UInt8(ascii: "\n"))
      .first { $0.starts(with: mark.utf8) }.map { String(decoding: $0, as: UTF8.self) }
  }
}
