import POSIX

/// An environment of platform.yaml that is in a cluster, reached through kubectl and helm.
struct ClusterEnvironment {
  private static let kubectl = "kubectl"

  let site: ClusterSite
  let context: CommandContext
  let interruption: Interruption

  /// Starts the way to the cluster of `environment`; its context must be one that kubectl knows.
  init(
    _ environment: Environment, of platform: Platform, _ context: CommandContext,
    _ interruption: Interruption
  ) throws {
    let client = try ClusterClient(context: environment.context ?? "", kubectl: Self.kubectl) {
      interruption.asks()
    }
    self.context = context
    self.interruption = interruption
    site = try ClusterSite(
      environment, of: platform, root: Path.parent(of: context.absolute(Platform.fileName)),
      client: client, kubectl: Self.kubectl, interruption: interruption)
  }

  var rollouts: Rollouts<ClusterSite> {
    Rollouts(site: site, context: context, interruption: interruption)
  }
}

/// A value that would lie in clear in the objects of a cluster, and in what is kept of them.
struct SecretInVariable: ReportableError, Equatable {
  let name: String

  var exitCode: ExitCode { .usage }

  var findings: [Finding] {
    [
      Finding(
        message: "--set-env \(name): it looks like a secret, and a variable of a pod is read by"
          + " everybody who may look at pods",
        hints: [
          "put it into a Secret and name that under secrets in \(Platform.fileName):"
            + " the pod then has \(name)_FILE"
        ])
    ]
  }
}

/// An option that the target of an environment does not have.
enum OptionOfOtherTarget: ReportableError, Equatable {
  case localOnly(option: String, environment: String)
  case clusterOnly(option: String, environment: String)

  var exitCode: ExitCode { .usage }

  var findings: [Finding] {
    switch self {
    case .localOnly(let option, let environment):
      [
        Finding(
          message: "--\(option) is for local environments, and \(environment) is in a cluster")
      ]
    case .clusterOnly(let option, let environment):
      [Finding(message: "--\(option) is for clusters, and \(environment) is on this machine")]
    }
  }
}

extension RolloutRequest {
  /// Throws where something is asked of an environment that its target does not have, or that has
  /// to be asked in another way.
  func check(for environment: Environment) throws {
    guard environment.target != .local else {
      if image != nil {
        throw OptionOfOtherTarget.clusterOnly(option: "image", environment: environment.name)
      }
      if skipSteps {
        throw OptionOfOtherTarget.clusterOnly(option: "skip-steps", environment: environment.name)
      }
      return
    }
    if binary != nil {
      throw OptionOfOtherTarget.localOnly(option: "binary", environment: environment.name)
    }
    let secret = variables.sorted { $0.key < $1.key }.first {
      SecretInClear.isLikely(name: $0.key, value: $0.value)
    }
    if let secret { throw SecretInVariable(name: secret.key) }
  }
}
