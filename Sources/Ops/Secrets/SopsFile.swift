import Core
import POSIX
import Subprocess
import YAML

/// A file of the repository that SOPS has encrypted.
///
/// Who can decrypt it is said by `.sops.yaml`, which SOPS looks for from the working directory up.
/// https://getsops.io/docs/
struct SopsFile {
  /// What is known of a file that is there.
  enum State: Equatable {
    case missing
    /// It holds these Secrets; nil where their names are encrypted as well.
    case encrypted(names: [String]?)
    /// It was not encrypted by SOPS.
    case plain
  }

  private static let timeout = Duration.seconds(60)
  private static let bytesMax = 1024 * 1024
  private static let encryptedPrefix = "ENC["

  /// From the working directory, as `.sops.yaml` matches it.
  let path: String
  let directory: String

  private var absolutePath: String { path.hasPrefix("/") ? path : directory + "/" + path }

  func state() throws -> State {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try File.read(absolutePath, limit: Self.bytesMax)
    } catch {
      if error.isMissing { return .missing }
      throw error
    }
    return Self.state(of: bytes)
  }

  /// What a text is: encrypted where every document of it says so.
  static func state(of bytes: [UInt8]) -> State {
    guard let documents = try? YAMLReader.readStream(bytes), !documents.isEmpty,
      documents.allSatisfy({ $0["sops"]?.mapping != nil })
    else { return .plain }
    let names = documents.compactMap { $0.value(at: ["metadata", "name"])?.scalar?.text }
    let isReadable = !names.contains { $0.hasPrefix(encryptedPrefix) }
    return .encrypted(names: isReadable ? names : nil)
  }

  /// Makes the file with these Secrets; only encrypted text ever touches the disk.
  ///
  /// https://getsops.io/docs/usage/advanced/
  func make(_ secrets: [GeneratedSecret], namespace: String?) throws {
    let text = secrets.map { "---\n" + $0.manifest(namespace: namespace).reveal() }.joined()
    let plain = Secret(secrets.count == 1 ? String(text.dropFirst(4)) : text)
    let encrypted = try encrypt(plain, hiding: secrets)
    guard case .encrypted = Self.state(of: encrypted) else { throw SopsError.notEncrypted(path) }
    let written = String(decoding: encrypted, as: UTF8.self)
    for value in secrets.flatMap(\.values) where written.contains(value.value.reveal()) {
      throw SopsError.inClear(path, key: value.key)
    }
    try File.makeDirectory(Path.parent(of: absolutePath))
    try File.make(absolutePath, encrypted, mode: File.ownerOnly)
  }

  private func encrypt(
    _ text: Secret, hiding secrets: [GeneratedSecret]
  ) throws(SopsError) -> [UInt8] {
    let command = Subprocess.Command(
      "sops",
      [
        "encrypt", "--filename-override", path, "--input-type", "yaml", "--output-type", "yaml",
        "/dev/stdin",
      ], workingDirectory: directory, input: .bytes(Array(text.reveal().utf8)))
    let result: CommandResult
    do throws(SubprocessError) {
      result = try command.run(deadline: .after(Self.timeout), captureBytesMax: Self.bytesMax)
    } catch {
      throw .notStarted(error)
    }
    guard result.isSuccess, result.droppedBytes == 0 else {
      let said = result.deadlinePassed ? "no end in time" : result.lastErrorLine
      throw .failed(path, said: secrets.reduce(said ?? "\(result.exit)") { $1.hidden(in: $0) })
    }
    return result.output
  }
}

extension ValueType where Value == String {
  /// A file as platform.yaml names one for SOPS.
  static var encryptedFile: Self {
    ValueType(name: "PATH", allowed: TextForm.encryptedFile.wanted, completion: .files) {
      TextForm.encryptedFile.matches($0) ? $0 : nil
    }
  }
}

/// A file that was not encrypted, and therefore not written.
enum SopsError: Error, Equatable {
  case notStarted(SubprocessError)
  case failed(String, said: String)
  case notEncrypted(String)
  case inClear(String, key: String)
  case plainFile(String)
}

extension SopsError: ReportableError {
  var exitCode: ExitCode { .refused }

  var findings: [Finding] {
    switch self {
    case .notStarted(let error):
      [Finding(message: "\(error)", hints: ["SOPS 3.9 or newer has to be on the PATH"])]
    case .failed(let path, let said):
      [
        Finding(
          message: "\(path): sops: \(said)",
          hints: ["'.sops.yaml' has to name recipients for this path"])
      ]
    case .notEncrypted(let path):
      [Finding(message: "\(path): what sops gave back is not encrypted; nothing was written")]
    case .inClear(let path, let key):
      [
        Finding(
          message: "\(path): sops left the value of '\(key)' in clear; nothing was written",
          hints: ["the rule in '.sops.yaml' must cover stringData, or everything"])
      ]
    case .plainFile(let path):
      [
        Finding(
          message: "\(path) is there and not encrypted by SOPS",
          hints: ["whatever secret it holds is in clear: encrypt it, or remove it"])
      ]
    }
  }
}
