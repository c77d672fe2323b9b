import ObjectStorage

/// Carries out a plan of pruning.
struct PruneRun {
  let catalog: BackupCatalog
  /// Told of each backup once it is gone.
  let removed: (BackupID) -> Void

  /// Removes what the plan says, oldest first; stops at the first failure.
  ///
  /// Killed amid it, a backup is whole and listed, or not listed: its manifest goes first, and what
  /// is left of it is in the next plan.
  func apply(_ plan: PrunePlan, _ interruption: Interruption) throws {
    for id in plan.leftovers {
      try interruption.check()
      // A listing that lacked its manifest is no proof that there is none.
      let isListed = try BackupError.storing { () throws(StorageError) in
        try catalog.storage.head(catalog.keys.manifest(id)) != nil
      }
      if isListed { continue }
      try BackupError.storing { () throws(StorageError) in try remove(id) }
      removed(id)
    }
    for entry in plan.removed {
      try interruption.check()
      guard let guardian = plan.guardian(of: entry) else {
        throw BackupError.refused(
          "backup \(entry.id) stays: no proven one of its database would be left in its place")
      }
      try check(guardian)
      try BackupError.storing { () throws(StorageError) in try remove(entry.id) }
      removed(entry.id)
    }
  }

  /// Throws where what stays in place of others was found bad since the plan was made.
  private func check(_ guardian: BackupEntry) throws {
    let isProven = try BackupError.storing { () throws(StorageError) in
      try catalog.isProven(guardian)
    }
    guard isProven else {
      throw BackupError.refused(
        "backup \(guardian.id), for which older ones were to go, is no longer proven",
        hints: ["see why: ops backup drill \(guardian.id), then make the plan anew"])
    }
  }

  /// Removes the objects that a backup can have, and nothing else that may be beside them.
  private func remove(_ id: BackupID) throws(StorageError) {
    var keys: [ObjectKey] = []
    try catalog.storage.forEachObject(prefix: "\(catalog.keys.prefix)\(id)/") { object in
      if catalog.keys.parse(object.key) != nil { keys.append(object.key) }
      return true
    }
    let manifest = catalog.keys.manifest(id)
    try catalog.storage.delete(manifest)
    for key in keys where key != manifest { try catalog.storage.delete(key) }
  }
}
