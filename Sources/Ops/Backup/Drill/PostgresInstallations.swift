import POSIX

/// The releases of PostgreSQL whose programs are on this machine, as Debian installs them.
struct PostgresInstallations: Sendable, Equatable {
  /// The folder of programs by major.
  let folders: [Int: String]

  private static let root = "/usr/lib/postgresql"

  /// Those that have `program`.
  static func having(_ program: String, root: String = root) -> PostgresInstallations {
    let majors = ((try? File.list(root)) ?? []).compactMap { Int($0) }
    return PostgresInstallations(
      folders: Dictionary(
        uniqueKeysWithValues: majors.map { ($0, "\(root)/\($0)/bin") }
          .filter { File.isExecutable("\($0.1)/\(program)") }))
  }

  /// The programs of that major, or else of the next newer one.
  func folder(atLeast major: Int) throws(RestoreError) -> String {
    guard let nearest = folders.keys.filter({ $0 >= major }).min(),
      let folder = folders[nearest]
    else { throw .noPrograms(wanted: major, found: folders.keys.sorted()) }
    return folder
  }

  /// The major of a version such as `15.20 (Debian 15.20-0+deb12u1)`; nil of one without.
  static func major(of version: String) -> Int? { Int(version.prefix { $0.isNumber }) }
}
