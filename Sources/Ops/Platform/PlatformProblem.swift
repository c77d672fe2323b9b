import POSIX
import YAML

/// One mistake in platform.yaml: where it was written, under which key, and what it is.
struct PlatformProblem: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    /// The text is no YAML.
    case syntax(String)
    case unknownKey(known: [String])
    case missingKey(String, wanted: String)
    /// `shown` is the text as written, unless it may be a secret.
    case notAllowed(shown: String, wanted: String, hint: String?)
    case rule(PlatformRule)

    var isRule: Bool { if case .rule = self { true } else { false } }
  }

  let place: Finding.Place
  /// Keys from the root, as written: a mistake in `defaults` is reported there.
  let path: [String]
  let kind: Kind
}

/// A rule between values that are each fine alone.
enum PlatformRule: Sendable, Hashable {
  /// `presumed` is the name of an environment that does not say what it is.
  case noReplicasInProduction(presumed: String?)
  case noReplicasLocally
  case minOverMax(min: Int, max: Int)
  case limitUnderRequest(limit: String, request: String)
  case notHostName(String)
  case notListeningAddress(String)
  case hostShared(String, with: String)
  case secretInClear
  case graceTooShort(grace: Duration, needed: Duration)
  case neededByTarget(String, Environment.Target)
  case unusedByTarget(Environment.Target)
  case unusedByDatabase(Database.Mode)
  case databaseNotOnTarget(Database.Mode, Environment.Target)
  case oneWriter(replicas: Int)
  case secretMissing(String)
  case replicasUnderAutoscale
  case backupSectionMissing(policy: String)
  case keepsNothing
  case backupOfVolume
  case storeInPod
  case storeMissing
  case drillWithoutIdentity
  /// Signatures are asked for that no backup will have.
  case signedByNobody
  /// Backups are signed and nobody looks at it.
  case signatureOfNoUse
  case backupProgramsOfOther(server: Int)
  case migrationsThroughPooler
  case ingressAndGateway
  case tlsAndGateway
  case hostMissing(for: String)
  case authUndecided(presumed: String?)
  case secretUnused(by: Database.Mode)
  case bundledNeedsSecret
  case gatewayUnnamed
  case entranceWithoutHost
  case tolerationValueUnused
  case namespaceShared(String, context: String, with: String)
  case portsEqual(Int)
  case variableTaken
  /// The key that a variable comes from.
  case variableOfKey(String)
  case revisionGiven
  case deadlineNotOverReady(deadline: Int, ready: Int)
  case secretOfOperator
  case secretVariableTaken(String)
  case imageLatest
  case storeUnused(String)
  case databaseVersionUnknown
  /// A setting that whoever runs the database decides.
  case parameterTaken(Database.Mode)
  case sharedBuffersOverMemory(String, request: String)
  case secretShared(String, key: String, with: String)
  case hookBeforeDatabase(Database.Mode)
  case stepsNotOnTarget(Environment.Target)
  case stepsNeedTwoWriters
  case tooManySteps(Int)
  case stepNotAscending(weight: Int, after: Int)
  /// A share that pods alone do not give.
  case stepNeedsGateway(weight: Int)
  /// Two shares that come to the same pods, and those that could be told apart.
  case stepsAlike(weight: Int, before: Int, pods: Int, replicas: Int, shares: [Int])
}

/// Everything that is wrong with a platform.yaml.
struct PlatformError: Error, Equatable {
  /// In the order of the file; never empty.
  let problems: [PlatformProblem]

  init(_ problems: some Sequence<PlatformProblem>) {
    // Of those at one place and depth, the one that was found first stands first.
    self.problems = problems.enumerated().sorted { left, right in
      func rank(_ numbered: (offset: Int, element: PlatformProblem)) -> (Int, Int, Int, Int) {
        let (place, path) = (numbered.element.place, numbered.element.path)
        return (place.line, place.column, path.count, numbered.offset)
      }
      return rank(left) < rank(right)
    }.map(\.element)
  }
}

/// A platform.yaml that is not there or not to be read.
struct PlatformUnreadable: Error, Equatable {
  let file: String
  let error: SystemError
}

/// A name that platform.yaml does not define.
struct UnknownEnvironment: Error, Equatable {
  let name: String
  let known: [String]
  let file: String
}
