import POSIX

/// What brings the disk up to date, decided before anything is done.
struct TreeWriting: Sendable {
  let root: String
  let writes: [RenderedFile]
  let removals: [String]

  /// Throws where a file that nobody rendered would be lost.
  init(_ tree: TreeOnDisk) throws(TreeOccupied) {
    let occupied = tree.entries(.occupied).map(\.path)
    if !occupied.isEmpty { throw TreeOccupied(paths: occupied) }
    root = tree.root
    writes = tree.entries(.missing, .differs).compactMap { entry in
      entry.rendered.map { RenderedFile(path: entry.path, bytes: $0) }
    }
    removals = tree.entries(.leftover).map(\.path)
  }

  /// Writes all new files, then lets them take their places, then removes what is old.
  ///
  /// A crash leaves every file old or new and whole; the next run does the rest. `afterEach` gets
  /// how many files are in their places.
  func perform(afterEach: (Int) -> Void = { _ in }) throws(SystemError) {
    var staged = StagedFiles()
    var made: Set<String> = []
    for file in writes {
      let path = "\(root)/\(file.path)"
      if made.insert(Path.parent(of: path)).inserted {
        try File.makeDirectory(Path.parent(of: path))
      }
      try staged.stage(file.bytes, for: path)
    }
    try staged.commit(afterEach: afterEach)
    for path in removals {
      try File.remove("\(root)/\(path)")
      try removeEmptyFolders(above: path)
    }
  }

  private func removeEmptyFolders(above path: String) throws(SystemError) {
    var folder = Path.parent(of: path)
    while folder != ".", try File.removeEmptyDirectory("\(root)/\(folder)") {
      folder = Path.parent(of: folder)
    }
  }
}

/// Files that somebody wrote where rendered ones belong.
struct TreeOccupied: ReportableError, Equatable {
  let paths: [String]

  var exitCode: ExitCode { .refused }

  var findings: [Finding] {
    paths.map { path in
      Finding(
        message: "\(path) was not rendered, and would be lost",
        hints: ["move it away; nothing was written"])
    }
  }
}
