import Core
import Crypto
import JSON
import POSIX

/// A release as it runs, or ran, on this machine.
struct LocalRelease: RolloutRelease {
  /// The rollout that brought it.
  let number: Int
  /// The hash of what runs.
  let revision: String
  /// The SHA-256 of the program.
  let digest: String
  /// The program's path under `releases/`.
  let program: String
  /// What `--set-env` and platform.yaml add to the environment of the replicas.
  let environment: [String: String]
  /// The replicas.
  let replicas: Int
  /// The version that the program says it is; nil where it was not asked or did not say.
  let version: String?
  /// When it was brought.
  let time: Timestamp

  /// Hexadecimal digits of a revision: enough to tell releases apart, short enough to read out.
  static let revisionDigits = 12

  /// The revision of a program with its environment in a rollout.
  static func revision(digest: String, environment: [String: String], number: Int) -> String {
    let parts = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let text = ([digest, String(number)] + parts).joined(separator: "\u{0}")
    return String(SHA256.hexadecimal(text).prefix(revisionDigits))
  }
}

extension LocalRelease {
  var json: JSONValue {
    [
      "number": .integer(Int64(number)), "revision": .string(revision), "digest": .string(digest),
      "program": .string(program),
      "environment": .object(
        environment.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) }),
      "replicas": .integer(Int64(replicas)), "time": .string(time.iso8601),
      "version": version.map { .string($0) } ?? .null,
    ]
  }

  init?(_ json: JSONValue) {
    guard let number = json["number"]?.number, let revision = json["revision"]?.text,
      let digest = json["digest"]?.text, let program = json["program"]?.text,
      let members = json["environment"]?.members, let replicas = json["replicas"]?.number,
      let time = json["time"]?.text.flatMap({ Timestamp(iso8601: $0) })
    else { return nil }
    self.init(
      number: Int(clamping: number), revision: revision, digest: digest, program: program,
      environment: Dictionary(
        members.compactMap { member in member.value.text.map { (member.name, $0) } },
        uniquingKeysWith: { first, _ in first }),
      replicas: Int(clamping: replicas), version: json["version"]?.text, time: time)
  }
}

/// What a local environment remembers between rollouts; programs of former releases are kept.
typealias LocalState = RolloutState<LocalRelease>

extension RolloutState<LocalRelease> {
  /// The state kept at `path`, an empty one where nothing is kept yet.
  static func load(_ path: String) throws -> LocalState {
    guard File.exists(path) else { return LocalState() }
    let json: JSONValue
    do {
      json = try JSONReader.read(File.read(path))
    } catch {
      throw StateUnreadable(place: path, detail: "\(error)")
    }
    return try LocalState(json, place: path)
  }

  /// Replaces what is kept at `path`.
  func save(_ path: String) throws(SystemError) {
    try File.write(json.bytes(pretty: true), to: path, mode: File.ownerOnly)
  }
}

/// The programs of releases, kept by their digest.
struct ReleaseStore: Sendable {
  let paths: LocalPaths

  /// The program was replaced, by a build perhaps, while it was copied.
  struct SourceChanged: Error, Sendable, CustomStringConvertible {
    let path: String
    var description: String { "\(path) changed while it was copied" }
  }

  /// Keeps the program at `source` and gives its digest and its path here.
  ///
  /// Kept as a copy: a build that replaces the file must not change what a restart would run.
  func keep(_ source: String) throws -> (digest: String, program: String) {
    let digest = try Self.digest(of: source)
    let folder = "\(paths.releases)/\(digest)"
    let program = "\(folder)/app"
    if File.exists(program), try Self.digest(of: program) == digest { return (digest, program) }
    try File.makeDirectory(folder, mode: LocalPaths.folderMode)
    try File.copy(source, to: program, mode: 0o755)
    guard try Self.digest(of: program) == digest else { throw SourceChanged(path: source) }
    return (digest, program)
  }

  /// Removes the programs that no release of `state` names.
  func prune(keeping state: LocalState) throws {
    let kept = Set(((state.current.map { [$0] } ?? []) + state.former).map(\.digest))
    for name in try File.list(paths.releases) where !kept.contains(name) {
      try File.removeTree("\(paths.releases)/\(name)")
    }
  }

  /// The SHA-256 of a file, in hexadecimal.
  static func digest(of path: String) throws -> String {
    let file = try File.open(path, .read)
    var digest = SHA256()
    while true {
      let part = try file.read(upTo: 1024 * 1024)
      if part.isEmpty { break }
      digest.update(part)
    }
    return Hexadecimal.encode(digest.finish())
  }
}
