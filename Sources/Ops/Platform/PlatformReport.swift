import Core
import POSIX

/// The words for mistakes in platform.yaml.
extension PlatformError: ReportableError {
  var exitCode: ExitCode { .configuration }

  var findings: [Finding] {
    problems.map { problem in
      let path = problem.path.isEmpty ? "" : problem.path.joined(separator: ".") + ": "
      return Finding(
        message: path + problem.kind.sentence, hints: problem.hints, place: problem.place)
    }
  }
}

extension PlatformUnreadable: ReportableError {
  var exitCode: ExitCode { .configuration }

  var findings: [Finding] {
    let hint = "it is looked for in the current directory: start ops in the root of the repository"
    return [
      Finding(
        message: "\(file) cannot be read: \(error.reason)", hints: error.isMissing ? [hint] : [])
    ]
  }
}

extension UnknownEnvironment: ReportableError {
  var exitCode: ExitCode { .usage }

  var findings: [Finding] {
    let suggestion = Suggestion.nearest(to: name, in: known).map { ["did you mean '\($0)'?"] } ?? []
    return [
      Finding(
        message: "\(file) has no environment '\(name)'",
        hints: suggestion + ["known: \(known.joined(separator: ", "))"])
    ]
  }
}

extension PlatformProblem {
  /// Whether the key is where many look for the image: it is named once, when it changes.
  private var isImage: Bool {
    path == [Platform.defaultsKey, "image"]
      || (path.count == 3 && path[0] == Platform.environmentsKey && path[2] == "image")
  }

  fileprivate var hints: [String] {
    switch kind {
    case .unknownKey where isImage:
      ["the image comes with --image, in production by digest"]
    case .unknownKey(let known):
      if let nearest = Suggestion.nearest(to: path.last ?? "", in: known) {
        ["did you mean '\(nearest)'?"]
      } else {
        ["known here: \(known.joined(separator: ", "))"]
      }
    case .notAllowed(_, _, let hint): hint.map { [$0] } ?? []
    case .syntax, .missingKey, .rule: []
    }
  }
}

extension PlatformProblem.Kind {
  fileprivate var sentence: String {
    switch self {
    case .syntax(let sentence): sentence
    case .unknownKey: "unknown key"
    case .missingKey(let key, let wanted): "the key '\(key)' is missing: \(wanted)"
    case .notAllowed(let shown, let wanted, _): "'\(shown)' is not allowed; wanted: \(wanted)"
    case .rule(let rule): rule.sentence
    }
  }
}

extension PlatformRule {
  /// Why an environment of another name is judged as production.
  private static func reason(_ presumed: String?) -> String {
    guard let name = presumed else { return "" }
    return "'\(name)' counts as production because settings is not given; "
  }

  fileprivate var sentence: String {
    switch self {
    case .noReplicasInProduction(let presumed):
      Self.reason(presumed) + "production cannot have 0 replicas"
    case .noReplicasLocally: "a local environment cannot have 0 replicas"
    case .minOverMax(let min, let max): "min \(min) is over max \(max)"
    case .limitUnderRequest(let limit, let request):
      "the limit \(limit) is under the request \(request)"
    case .notHostName(let text):
      "'\(text)' is no host name; wanted: labels of a-z, 0-9 and - joined by dots"
    case .notListeningAddress(let text):
      "'\(text)' is no address to listen on; wanted: an IPv4 or IPv6 address, or localhost"
    case .hostShared(let host, let other): "the environment '\(other)' has \(host) already"
    case .secretInClear:
      "a secret in clear; name where it comes from under 'secrets' instead"
    case .graceTooShort(let grace, let needed):
      "grace \(DurationText.format(grace)) is too short for drain; "
        + "at least \(DurationText.format(needed))"
    case .neededByTarget(let key, let target):
      "the key '\(key)' is missing: the target \(target.rawValue) needs it"
    case .unusedByTarget(let target): "the target \(target.rawValue) has no use for this key"
    case .unusedByDatabase(let mode): "a database of mode \(mode.rawValue) has no use for this key"
    case .databaseNotOnTarget(let mode, let target):
      "the target \(target.rawValue) cannot have a database of mode \(mode.rawValue)"
    case .oneWriter(let replicas):
      "sqlite on a volume serves one replica, not \(replicas); set replicas: 1 without autoscale"
    case .secretMissing(let name): "the database is external; name its address as secrets.\(name)"
    case .replicasUnderAutoscale: "autoscale decides the replicas; remove one of the two"
    case .backupSectionMissing(let policy):
      "the policy '\(policy)' needs a 'backup' section in this environment"
    case .keepsNothing: "keeps no backup at all"
    case .backupOfVolume:
      "the file of sqlite is on the volume of its pod, which no other reaches; back up by "
        + "snapshots of the volume, or take another database"
    case .storeInPod: "a directory is gone with the pod that wrote there; name a bucket"
    case .storeMissing: "where backups go has to be named: store"
    case .drillWithoutIdentity:
      "encrypted backups are opened by an identity alone; name the Secret that has it as "
        + "drill.identity, or set drill: never and prove them elsewhere"
    case .signedByNobody:
      "no backup would have such a signature; name the Secret with the key that signs as signWith"
    case .signatureOfNoUse:
      "nobody would look at the signatures; name the public key as signedBy"
    case .backupProgramsOfOther(let server):
      "the server is PostgreSQL \(server), and the image of ops has the programs of PostgreSQL"
        + " \(BackupPolicy.imageMajor); name one that has those of \(server) as backup.image"
        + " (docker build --target ops --build-arg POSTGRES_MAJOR=\(server)), or a server of"
        + " \(BackupPolicy.imageMajor) as database.image"
    case .migrationsThroughPooler:
      "migrations cannot go through a transaction pooler; name the direct address as "
        + "secrets.migrations"
    case .ingressAndGateway: "the host has a gateway already; remove one of the two"
    case .tlsAndGateway:
      "the Gateway has the certificate of the host; remove one of the two"
    case .hostMissing(let key): "\(key) is of no use without a host"
    case .secretUnused(let mode):
      "a database of mode \(mode.rawValue) has no use for this secret"
    case .bundledNeedsSecret:
      "the bundled database takes its password from a Secret; name one as existing, external or "
        + "sops"
    case .secretVariableTaken(let variable):
      "the variable \(variable) is set by something else; give the secret another name"
    case .secretOfOperator:
      "names that begin with database- are those of the Secrets that come with the database"
    case .variableTaken:
      "the database, a secret, or where the service listens and how it ends set this variable"
    case .variableOfKey(let key): "the key '\(key)' decides this variable; set that one"
    case .revisionGiven: "the image and the settings make the revision; leave it out"
    case .deadlineNotOverReady(let deadline, let ready):
      "a deadline of \(deadline) seconds passes before a pod has been ready for \(ready); at "
        + "least \(ready + 1)"
    case .portsEqual(let port): "clients and metrics cannot both be served on \(port)"
    case .namespaceShared(let namespace, let context, let other):
      "the environment '\(other)' has the namespace \(namespace) of \(context) already"
    case .tolerationValueUnused:
      "a toleration with the operator Exists has no value; remove one of the two"
    case .imageLatest: "the tag latest is another image tomorrow; name a version's, or a digest"
    case .storeUnused(let source): "no secret is '\(source)': this section has no effect"
    case .databaseVersionUnknown:
      "cloudnative-pg reads the version of PostgreSQL from the tag of its image; wanted: a tag "
        + "that begins with a number, with or without a digest"
    case .parameterTaken(let mode):
      "a database of mode \(mode.rawValue) does not take this setting: "
        + "it is decided by what runs it"
    case .sharedBuffersOverMemory(let size, let request):
      "\(size) of shared memory are more than the \(request) that a server requests"
    case .secretShared(let secret, let key, let other):
      "the key \(key) of the Secret \(secret) is the secret '\(other)' already"
    case .hookBeforeDatabase(let mode):
      "a hook runs before a database of mode \(mode.rawValue) is there; use auto or job"
    case .stepsNotOnTarget, .stepsNeedTwoWriters, .tooManySteps, .stepNotAscending,
      .stepNeedsGateway, .stepsAlike:
      stepSentence
    case .entranceWithoutHost: "what is served has to be named: host"
    case .gatewayUnnamed: "the route has to name the Gateway that serves it: name"
    case .authUndecided(let presumed):
      Self.reason(presumed)
        + "production has to say who may write: name secrets.jwt, or set auth: off"
    }
  }

  /// What is said of the steps of a canary.
  private var stepSentence: String {
    switch self {
    case .stepsNotOnTarget(let target):
      "the target \(target.rawValue) takes no steps; kustomize does"
    case .stepsNeedTwoWriters:
      "sqlite on a volume serves one replica, and a canary would be the second; remove the steps"
    case .tooManySteps(let count): "\(count) steps, and at most \(RolloutStep.countMax) are taken"
    case .stepNotAscending(let weight, let before):
      "the weight \(weight) comes after \(before); weights ascend"
    case .stepNeedsGateway(let weight):
      "the weight \(weight) needs a gateway that weighs; by pods at most "
        + "\(CanaryForm.pods.weightMax) can be had beside those that serve"
    case .stepsAlike(let weight, let before, let pods, let replicas, let shares):
      "the weights \(before) and \(weight) both come to \(counted(pods, "pod")) beside "
        + "\(replicas); by pods these can be had: "
        + shares.map(String.init).joined(separator: ", ")
    default: ""
    }
  }
}
