import Core

/// Makes the Secrets that an environment needs and that can be made of nothing, once.
struct SecretsInit {
  let release: ChartRelease
  let cluster: ClusterSecrets
  /// The directory of platform.yaml, from which the files of SOPS are named.
  let directory: String
  /// A file of SOPS in place of the cluster.
  let file: String?
  let isDryRun: Bool

  /// Does it, and tells of each secret as soon as it is known what became of it.
  func run(_ tell: (SecretOutcome) -> Void) throws -> [SecretOutcome] {
    var outcomes: [SecretOutcome] = []
    func note(_ outcome: SecretOutcome) {
      outcomes.append(outcome)
      tell(outcome)
    }
    for item in others { note(item) }
    for item in inCluster { note(try outcome(inCluster: item)) }
    for (path, items) in files {
      for outcome in try self.outcomes(of: items, in: path) { note(outcome) }
    }
    return outcomes
  }

  private var items: [SecretPlan.Item] { SecretPlan(release).items }

  /// Those that others make.
  private var others: [SecretOutcome] {
    items.compactMap { item in
      let keys = item.keys.map(\.key)
      let subject = item.secret.map { "secret/\($0)" } ?? item.name
      let words: String? =
        switch item.place {
        case .cluster, .sops: nil
        case .external(let entry): "comes from External Secrets, entry \(entry)"
        case .vault(let path): "comes from Vault, path \(path)"
        case .databaseOperator: "comes from the database's operator"
        }
      return words.map {
        SecretOutcome(name: item.name, subject: subject, keys: keys, kind: .elsewhere($0))
      }
    }
  }

  /// Those that belong in the cluster and nowhere else.
  ///
  /// Several may be keys of one Secret, which is made once.
  private var inCluster: [SecretPlan.Item] {
    let items = items.filter { $0.place == .cluster && !(file != nil && $0.isMade) }
    return Dictionary(grouping: items) { $0.secret ?? $0.name }.sorted { $0.key < $1.key }
      .map { secret, parts in
        SecretPlan.Item(
          name: parts[0].name, secret: secret, place: .cluster, keys: parts.flatMap(\.keys))
      }
  }

  /// Those that belong in files, by the paths of these.
  private var files: [(path: String, items: [SecretPlan.Item])] {
    let places = items.compactMap { item -> (String, SecretPlan.Item)? in
      switch item.place {
      case .sops(let path): (path, item)
      case .cluster where item.isMade: file.map { ($0, item) }
      default: nil
      }
    }
    return Dictionary(grouping: places, by: \.0).sorted { $0.key < $1.key }
      .map { ($0.key, $0.value.map(\.1)) }
  }

  private func outcome(inCluster item: SecretPlan.Item) throws -> SecretOutcome {
    let name = item.secret ?? item.name
    let wanted = item.keys.map(\.key)
    func outcome(_ kind: SecretOutcome.Kind) -> SecretOutcome {
      SecretOutcome(name: name, subject: "secret/\(name)", keys: wanted, kind: kind)
    }
    if isDryRun { return outcome(item.isMade ? .planned : .given) }
    // With a file in place of the cluster nobody asks the cluster.
    if file != nil { return outcome(.given) }
    if let keys = try cluster.keys(of: name) {
      let lacking = wanted.filter { !keys.contains($0) }
      return outcome(lacking.isEmpty ? .kept : .lacking(lacking))
    }
    guard let secret = GeneratedSecret(item, of: release) else { return outcome(.missing) }
    return outcome(try cluster.make(secret) ? .made : .kept)
  }

  private func outcomes(
    of items: [SecretPlan.Item], in path: String
  ) throws -> [SecretOutcome] {
    let file = SopsFile(path: path, directory: directory)
    func outcome(_ item: SecretPlan.Item, _ kind: SecretOutcome.Kind) -> SecretOutcome {
      let name = item.secret ?? item.name
      return SecretOutcome(
        name: name, subject: "\(path), secret/\(name)", keys: item.keys.map(\.key), kind: kind,
        file: path)
    }
    switch try file.state() {
    case .plain: throw SopsError.plainFile(path)
    case .encrypted(let names):
      return items.map { item in
        let isThere = names.map { $0.contains(item.secret ?? "") } ?? true
        return outcome(item, isThere ? .kept : .lacking(item.keys.map(\.key)))
      }
    case .missing:
      let makeable = items.filter(\.isMade)
      if !isDryRun, !makeable.isEmpty {
        try file.make(
          makeable.compactMap { GeneratedSecret($0, of: release) }, namespace: release.namespace)
      }
      return items.map { item in
        switch (item.isMade, isDryRun) {
        case (true, true): outcome(item, .planned)
        case (true, false): outcome(item, .made)
        case (false, true): outcome(item, .given)
        // The next run says the same of it, whether the file is there by then or not.
        case (false, false) where makeable.isEmpty: outcome(item, .missing)
        case (false, false): outcome(item, .lacking(item.keys.map(\.key)))
        }
      }
    }
  }
}
