import Core
import Subprocess

/// The Secrets of one namespace, through kubectl.
///
/// Values go to it by its standard input: arguments are read by every user of the machine.
struct ClusterSecrets {
  /// How long one question may take.
  private static let timeout = Duration.seconds(60)
  private static let answerBytesMax = 1024 * 1024

  let environment: String
  let context: String
  let namespace: String

  /// The keys of a Secret, never their values; nil where there is none of that name.
  ///
  /// https://kubernetes.io/docs/reference/kubectl/generated/kubectl_get/
  func keys(of name: String) throws(ClusterSecretsError) -> [String]? {
    let template =
      #"go-template={{"there\n"}}{{range $key, $value := .data}}{{$key}}{{"\n"}}{{end}}"#
    let result = try run(
      ["get", "secret", name, "--ignore-not-found", "--output", template], input: nil)
    guard result.isSuccess else { throw failure(result, hiding: nil) }
    let lines = result.outputText.split(separator: "\n").map(String.init)
    return lines.first == nil ? nil : Array(lines.dropFirst())
  }

  /// Makes a Secret; false where there is one of that name, which stays as it is.
  ///
  /// The server decides: a Secret that somebody else made a moment ago is not replaced.
  /// https://kubernetes.io/docs/reference/kubectl/generated/kubectl_create/
  func make(_ secret: GeneratedSecret) throws(ClusterSecretsError) -> Bool {
    let manifest = secret.manifest(namespace: namespace)
    let result = try run(["create", "--filename", "-", "--output", "name"], input: manifest)
    if result.isSuccess { return true }
    if result.errorText.contains("(AlreadyExists)") { return false }
    throw failure(result, hiding: secret)
  }

  private func run(
    _ arguments: [String], input: Secret?
  ) throws(ClusterSecretsError) -> CommandResult {
    let command = Subprocess.Command(
      "kubectl", ["--context", context, "--namespace", namespace] + arguments,
      input: input.map { .bytes(Array($0.reveal().utf8)) } ?? .none)
    do throws(SubprocessError) {
      return try command.run(deadline: .after(Self.timeout), captureBytesMax: Self.answerBytesMax)
    } catch {
      throw .notStarted(error)
    }
  }

  private func failure(
    _ result: CommandResult, hiding secret: GeneratedSecret?
  ) -> ClusterSecretsError {
    if result.deadlinePassed { return .late(context: context, Self.timeout) }
    let said = result.lastErrorLine ?? "\(result.exit)"
    if said.contains("namespaces \"\(namespace)\" not found") {
      return .noNamespace(environment: environment, context: context, namespace: namespace)
    }
    return .refused(context: context, said: secret?.hidden(in: said) ?? said)
  }
}

/// A cluster that did not tell of its Secrets, or take one.
enum ClusterSecretsError: Error, Equatable {
  case notStarted(SubprocessError)
  case late(context: String, Duration)
  case refused(context: String, said: String)
  case noNamespace(environment: String, context: String, namespace: String)
}

extension ClusterSecretsError: ReportableError {
  var exitCode: ExitCode { .unreachable }

  var findings: [Finding] {
    switch self {
    case .notStarted(let error):
      [Finding(message: "\(error)", hints: ["kubectl has to be on the PATH; or use --to FILE"])]
    case .late(let context, let timeout):
      [Finding(message: "\(context): no answer after \(DurationText.format(timeout))")]
    case .refused(let context, let said):
      [Finding(message: "\(context): \(said)")]
    case .noNamespace(let environment, let context, let namespace):
      [
        Finding(
          message: "\(context) has no namespace \(namespace)",
          hints: [
            "kubectl --context \(context) apply -f kustomize/overlays/\(environment)/namespace.yaml"
          ])
      ]
    }
  }
}
