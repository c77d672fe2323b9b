import Core
import YAML

/// What a CronJob of backups does.
enum BackupTask: String, Sendable, CaseIterable {
  /// Takes one.
  case backup
  /// Restores the newest, and compares it with what the database held.
  case drill

  /// The component of its objects, and what their names end in.
  var component: String { rawValue }
}

extension ChartRelease {
  /// The name of the objects of a task.
  func backupName(_ task: BackupTask) -> String { "\(fullName)-\(task.rawValue)" }

  func backupAccountName(_ task: BackupTask) -> String {
    values.serviceAccount.create ? backupName(task) : accountName
  }

  /// Whether there is a CronJob for it.
  func does(_ task: BackupTask) -> Bool {
    values.backup.enabled && (task == .backup || values.backup.drill.enabled)
  }

  /// The pods that take backups, as those see them that these connect to.
  var backupPeers: [YAMLNode] {
    does(.backup) ? [NetworkRule.pods(selector(BackupTask.backup.component))] : []
  }

  /// Where it finds the address of the database.
  ///
  /// Of the database itself and never of a pooler, whose servers forget the snapshot that a backup
  /// is of; a drill has no business there.
  fileprivate func databaseMount(of task: BackupTask) -> SecretMount? {
    task == .backup ? migrationMount : nil
  }

  /// Of `ops` with what it calls.
  fileprivate var backupImage: String {
    values.backup.image ?? "\(values.image.repository)-ops:\(Version.current)"
  }

  fileprivate var backupDatabaseName: String { values.backup.name ?? fullName }

  fileprivate func account(of task: BackupTask) -> ServiceAccount {
    task == .backup ? values.backup.serviceAccount : values.backup.drill.serviceAccount
  }
}

extension Objects {
  /// How late a run may begin: one that was missed for longer waits for its next time.
  private static let startingDeadlineSeconds = 3600
  /// Jobs that have ended, of each kind, that are kept to be read.
  private static let historyMax = 3
  /// The store is asked again by the program itself; this is for a node that is lost.
  private static let retriesMax = 1
  /// Where the key is that opens backups, or signs them.
  private static let keyFolder = "/run/secrets/backup"

  /// What backups are taken and proven by.
  static func backupObjects(_ release: ChartRelease) -> [Manifest?] {
    BackupTask.allCases.filter(release.does).flatMap { task in
      [
        backupAccount(release, task), backupNetwork(release, task), backupCronJob(release, task),
      ]
    }
  }

  private static func backupAccount(_ release: ChartRelease, _ task: BackupTask) -> Manifest? {
    guard release.values.serviceAccount.create else { return nil }
    return Manifest(
      "v1", "ServiceAccount",
      metadata: release.metadata(
        release.backupAccountName(task), task.component,
        annotations: release.account(of: task).annotations),
      body: ["automountServiceAccountToken": false])
  }

  private static func backupCronJob(_ release: ChartRelease, _ task: BackupTask) -> Manifest {
    let backup = release.values.backup
    return Manifest(
      "batch/v1", "CronJob",
      metadata: release.metadata(release.backupName(task), task.component),
      body: [
        "spec": [
          "schedule": .string(task == .backup ? backup.schedule : backup.drill.schedule),
          "timeZone": "Etc/UTC", "concurrencyPolicy": "Forbid",
          "startingDeadlineSeconds": .integer(startingDeadlineSeconds),
          "successfulJobsHistoryLimit": .integer(historyMax),
          "failedJobsHistoryLimit": .integer(historyMax),
          "jobTemplate": [
            "metadata": ["labels": release.podLabels(task.component)],
            "spec": backupJob(release, task),
          ],
        ]
      ])
  }

  private static func backupJob(_ release: ChartRelease, _ task: BackupTask) -> YAMLNode {
    let backup = release.values.backup
    let mounts = [release.databaseMount(of: task)].compactMap(\.self)
    let annotations = YAMLNode.texts(release.values.pod.annotations)
      .overlaid(with: VaultAgent.annotations(mounts, of: release, isOnce: true))
    return [
      "backoffLimit": .integer(retriesMax),
      "activeDeadlineSeconds": .integer(
        task == .backup ? backup.deadlineSeconds : backup.drill.deadlineSeconds),
      // A node that is drained says nothing of the backup.
      "podFailurePolicy": [
        "rules": [
          [
            "action": "Ignore",
            "onPodConditions": [["type": "DisruptionTarget", "status": "True"]],
          ]
        ]
      ],
      "template": [
        "metadata": [
          "labels": release.podLabels(task.component), "annotations": annotations.unlessEmpty,
        ],
        "spec": backupPod(release, task, mounts),
      ],
    ]
  }

  private static func backupPod(
    _ release: ChartRelease, _ task: BackupTask, _ mounts: [SecretMount]
  ) -> YAMLNode {
    let backup = release.values.backup
    let secrets = PodParts.secretVolume(mounts)
    let key = backup.key(of: task)
    let volumes = [
      task == .backup ? PodParts.temporaryVolume : restoredVolume(backup.drill),
      key.map { keyVolume($0, task) }, secrets, VaultAgent.tokenVolume(mounts),
    ]
    let places = [
      PodParts.temporaryMount, key.map { _ in keyMount(task) },
      secrets == nil ? nil : PodParts.secretMount,
    ]
    let container = release.container(
      task.rawValue, image: release.backupImage, command: [opsProgram],
      arguments: backupArguments(release, task)
    ).followed(by: [
      "envFrom": backup.credentials.map { [["secretRef": ["name": .string($0)]]] },
      "resources": backupResources(backup, task), "securityContext": PodParts.containerSecurity,
      "volumeMounts": .sequence(places.compactMap(\.self)),
    ])
    return PodParts.isolation(account: release.backupAccountName(task)).followed(
      by: PodParts.placement(release.values.pod),
      [
        "restartPolicy": "Never", "containers": [container],
        "volumes": .sequence(volumes.compactMap(\.self)),
      ])
  }

  private static func backupArguments(_ release: ChartRelease, _ task: BackupTask) -> [String] {
    let backup = release.values.backup
    let place = ["--store", backup.store ?? "", "--name", release.backupDatabaseName]
    let rest =
      backup.signedBy.flatMap { ["--signed-by", $0] }
      + (backup.pushgateway.map { ["--pushgateway", $0] } ?? [])
    let key = backup.key(of: task).map { _ in
      [task == .backup ? "--sign-with" : "--identity", "file:\(keyFolder)/\(task.keyName)"]
    }
    switch task {
    case .backup:
      let database = release.databaseMount(of: task).map { ["--database", "file:\($0.path)"] }
      return ["backup", "run"] + (database ?? []) + place
        + backup.encryptTo.flatMap { ["--encrypt-to", $0] } + (key ?? []) + rest
    case .drill:
      return ["backup", "drill"] + place + (key ?? []) + rest
    }
  }

  private static func backupResources(_ backup: BackupValues, _ task: BackupTask) -> YAMLNode {
    let memory = YAMLNode.string(
      task == .backup ? backup.memory.text : backup.drill.memory.text)
    return [
      "requests": [
        "cpu": "100m", "memory": memory,
        // Or else the scheduler knows of nodes with room by chance alone.
        "ephemeral-storage": task == .drill ? .string(backup.drill.storage.text) : nil,
      ],
      "limits": ["memory": memory],
    ]
  }

  /// Where the scratch server has its files.
  private static func restoredVolume(_ drill: DrillValues) -> YAMLNode {
    ["name": "tmp", "emptyDir": ["sizeLimit": .string(drill.storage.text)]]
  }

  private static func keyVolume(_ secret: String, _ task: BackupTask) -> YAMLNode {
    [
      "name": .string(task.keyVolume),
      "secret": [
        "secretName": .string(secret), "defaultMode": .integer(PodParts.secretMode),
        "items": [["key": .string(task.keyName), "path": .string(task.keyName)]],
      ],
    ]
  }

  private static func keyMount(_ task: BackupTask) -> YAMLNode {
    ["name": .string(task.keyVolume), "mountPath": .string(keyFolder), "readOnly": true]
  }
}

extension BackupValues {
  /// The Secret with the only key that the pods of a task have.
  fileprivate func key(of task: BackupTask) -> String? {
    task == .backup ? signWith : drill.identity
  }
}

extension BackupTask {
  /// What the key is called in its Secret, and its file.
  fileprivate var keyName: String { self == .backup ? "signing.pem" : "identity" }
  fileprivate var keyVolume: String { self == .backup ? "signing" : "identity" }
}
