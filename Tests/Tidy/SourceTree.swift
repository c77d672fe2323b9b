import Foundation

/// The files of the repository as git lists them: what is committed and what is about to be.
struct SourceTree {
  /// One file.
  struct File: Sendable {
    /// The path from the repository's root.
    let path: String
    /// The text, empty where it is none.
    let text: String
    /// The size in bytes.
    let bytes: Int
    /// Whether it may be run.
    let isExecutable: Bool

    /// The lines, without line ends.
    let lines: [String]

    fileprivate init(path: String, text: String, bytes: Int, isExecutable: Bool) {
      self.path = path
      self.text = text
      self.bytes = bytes
      self.isExecutable = isExecutable
      lines = text.components(separatedBy: "\n")
    }

    /// Whether one of `words` stands anywhere in it: asked before each line is looked at, which
    /// takes minutes for a whole repository.
    func mentions(_ words: [String]) -> Bool { Self.mentions(words, in: text) }

    /// Whether one of `words` stands in `text`.
    static func mentions(_ words: [String], in text: String) -> Bool {
      words.contains { text.range(of: $0, options: .literal) != nil }
    }

    /// A file for a test of a law.
    static func sample(
      _ path: String, _ text: String = "", bytes: Int? = nil, isExecutable: Bool = false
    ) -> File {
      File(path: path, text: text, bytes: bytes ?? text.utf8.count, isExecutable: isExecutable)
    }
  }

  /// A failure to look at the repository.
  struct Unreadable: Error {
    let what: String
  }

  /// All files, sorted by path.
  let files: [File]

  /// A tree of these files.
  init(_ files: [File]) { self.files = files }

  /// The repository that this test stands in.
  static func repository() throws -> SourceTree { try shared.get() }

  private static let shared = Result { try SourceTree(at: root) }

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private init(at root: URL) throws {
    let listing = try Self.git(
      ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], root)
    let names = Set(listing.split(separator: "\0").map(String.init))
    files = names.sorted().compactMap { name in
      let url = root.appendingPathComponent(name)
      // A file that was removed but not yet committed is listed all the same.
      guard let data = try? Data(contentsOf: url) else { return nil }
      return File(
        path: name, text: String(data: data, encoding: .utf8) ?? "", bytes: data.count,
        isExecutable: FileManager.default.isExecutableFile(atPath: url.path))
    }
    guard !files.isEmpty else { throw Unreadable(what: "git lists no file in \(root.path)") }
  }

  private static func git(_ arguments: [String], _ root: URL) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "-c", "safe.directory=*", "-C", root.path] + arguments
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Unreadable(what: "git \(arguments)") }
    return String(decoding: data, as: UTF8.self)
  }

  /// The files of Swift under a folder.
  func swift(under folder: String = "") -> [File] {
    files.filter { $0.path.hasPrefix(folder) && $0.path.hasSuffix(".swift") }
  }
}
