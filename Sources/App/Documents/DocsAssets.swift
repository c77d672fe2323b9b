import Core
import POSIX

/// The files of Swagger UI, which `scripts/fetch-docs-assets` puts into a folder.
///
/// They are read once, so that a page never has parts of two versions.
struct DocsAssets: Sendable {
  /// The largest file that is read, in bytes; the bundle has 1.7 MB.
  static let fileBytesMax = 8 * 1024 * 1024

  let stylesheet: [UInt8]
  let bundle: [UInt8]
  let icon: [UInt8]

  /// Reads the folder; it is whole or it is an error.
  init(folder: String) throws(SystemError) {
    stylesheet = try File.read("\(folder)/swagger-ui.css", limit: Self.fileBytesMax)
    bundle = try File.read("\(folder)/swagger-ui-bundle.js", limit: Self.fileBytesMax)
    icon = try File.read("\(folder)/favicon-32x32.png", limit: Self.fileBytesMax)
  }

  /// The folder that is meant where none is named: beside the program, as in an image, or in the
  /// working tree.
  static func standardFolder(
    program: String = ProcessInfo.executablePath, directory: String = ProcessInfo.currentDirectory
  ) -> String? {
    ["\(Path.parent(of: program))/docs-assets", "\(directory)/.tools/docs-assets"]
      .first { File.isDirectory($0) }
  }
}
