import Core
import JSON
import POSIX
import Subprocess
import YAML

/// Shows what would change in the clusters, which only pretend to take the objects.
struct CompareLive: RenderMode {
  let request: TreeRequest

  func run(_ context: CommandContext) throws -> ExitCode {
    let (platform, scope) = try request.scope(context)
    let images = request.images(platform, context, isWritten: false)
    var results: [LiveDifference] = []
    for environment in scope.environments where environment.target != .local {
      let question = try LiveQuestion(environment, of: platform, image: try images(environment))
      let color = context.usesColor(on: context.output) && !request.printsJSON
      results.append(question.ask(hasColor: color, environment: context.environment))
    }
    report(results, context)
    if results.contains(where: { $0.failure != nil }) { return .unreachable }
    return results.contains { !$0.text.isEmpty } ? .failure : .done
  }

  private func report(_ results: [LiveDifference], _ context: CommandContext) {
    if request.printsJSON {
      return context.output.line(JSONValue.array(results.map(\.json)).written(pretty: true))
    }
    for result in results {
      context.output.write(result.text)
      if let failure = result.failure {
        ErrorReport(LiveFailure(environment: result.environment, lines: failure))
          .write(to: context)
      } else {
        let words = result.text.isEmpty ? "nothing would change" : "would change, as shown"
        context.output.line("\(result.environment): \(words)")
      }
    }
  }
}

/// What a cluster is asked about an environment.
struct LiveQuestion {
  /// How long one cluster may take.
  private static let timeout = Duration.seconds(120)
  private static let answerBytesMax = 16 * 1024 * 1024

  let environment: String
  private let namespace: String
  private let objectCount: Int
  private let command: Subprocess.Command

  /// The objects as whoever applies them would send them.
  ///
  /// What Helm runs as a hook is left out: it is removed and made again, never changed.
  /// https://kubernetes.io/docs/reference/kubectl/generated/kubectl_diff/
  init(_ environment: Environment, of platform: Platform, image: ImageReference?) throws {
    let manager: ChartRelease.Manager = environment.target == .helm ? .helm : .kustomize
    let image = EnvironmentImage(environment, platform.service, image)
    let release = try ChartRelease(
      environment, of: platform.service, image: image.deployed, manager: manager)
    let objects = Objects.all(of: release).filter { object in
      object.node.value(at: ["metadata", "annotations", "helm.sh/hook"]) == nil
    }
    self.environment = environment.name
    namespace = environment.namespace ?? ""
    objectCount = objects.count
    command = Subprocess.Command(
      "kubectl",
      [
        "--context", environment.context ?? "", "--namespace", namespace,
        "diff", "--server-side", "--force-conflicts",
        "--field-manager", manager == .helm ? "helm" : "kubectl", "--filename", "-",
      ], input: .bytes(YAMLWriter.bytes(documents: objects.map { Self.sent($0, release) })))
  }

  /// Helm writes into each object of which release it is.
  private static func sent(_ object: Manifest, _ release: ChartRelease) -> YAMLNode {
    guard release.manager == .helm else { return object.node }
    let owner: YAMLNode = [
      "meta.helm.sh/release-name": .string(release.name),
      "meta.helm.sh/release-namespace": .string(release.namespace ?? "default"),
    ]
    return object.node.overlaid(with: ["metadata": ["annotations": owner]])
  }

  /// What the cluster says.
  func ask(hasColor: Bool, environment variables: [String: String]) -> LiveDifference {
    var command = command
    // Whoever has chosen a program for differences keeps it.
    if hasColor, variables[Self.programVariable] == nil {
      command.variables = .inherited(changing: [
        Self.programVariable: "diff --color=always -u -N"
      ])
    }
    let result: CommandResult
    do throws(SubprocessError) {
      result = try command.run(
        deadline: .after(Self.timeout), captureBytesMax: Self.answerBytesMax)
    } catch {
      return LiveDifference(
        environment: environment, text: "", failure: [String(describing: error)])
    }
    let isAnswered = [.code(0), .code(1)].contains(result.exit) && !result.deadlinePassed
    // It ends with 1 for differences and for some failures alike; those have no difference to show.
    if isAnswered, result.exit == .code(0) || !result.output.isEmpty {
      return LiveDifference(environment: environment, text: result.outputText, failure: nil)
    }
    if isAnswered, result.errorText.contains("namespaces \"\(namespace)\" not found") {
      return LiveDifference(
        environment: environment,
        text: "there is no namespace \(namespace): all \(objectCount) objects would be new\n",
        failure: nil)
    }
    let said = result.errorText.split(whereSeparator: \.isNewline).map(String.init)
    let late = "no answer after \(DurationText.format(Self.timeout))"
    let lines = result.deadlinePassed ? [late] : said
    return LiveDifference(
      environment: environment, text: "", failure: lines.isEmpty ? ["\(result.exit)"] : lines)
  }

  private static let programVariable = "KUBECTL_EXTERNAL_DIFF"
}

/// What would change in one cluster.
struct LiveDifference {
  let environment: String
  /// Empty where nothing would.
  let text: String
  /// What kubectl says where it could not tell.
  let failure: [String]?

  var json: JSONValue {
    [
      "environment": .string(environment), "isChanged": .boolean(!text.isEmpty),
      "difference": .string(text),
      "failure": failure.map { .string($0.joined(separator: "\n")) } ?? .null,
    ]
  }
}

/// A cluster that could not be asked.
struct LiveFailure: ReportableError, Equatable {
  let environment: String
  let lines: [String]

  var exitCode: ExitCode { .unreachable }

  var findings: [Finding] {
    [
      Finding(
        message: "\(environment): \(lines.first ?? "kubectl failed")",
        hints: Array(lines.dropFirst()))
    ]
  }
}
