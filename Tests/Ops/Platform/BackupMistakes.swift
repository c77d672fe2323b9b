extension Mistake {
  /// What is wrong with the backups of an environment.
  static let backups: [Mistake] = [
    Mistake(
      "a backup of a volume",
      cluster: "database: sqlite\nreplicas: 1\n"
        + "backup: { schedule: '1 2 * * *', store: 's3://b/p', keep: { last: 1 } }",
      "9:13: error: environments.production.backup: the file of sqlite is on the volume of its "
        + "pod, which no other reaches; back up by snapshots of the volume, or take another "
        + "database"),
    Mistake(
      "a store that is gone with its pod",
      cluster: "database: { mode: bundled, image: 'postgres:15' }\n"
        + "backup: { schedule: '1 2 * * *', store: 'file:///b', keep: { last: 1 } }",
      "8:45: error: environments.production.backup.store: a directory is gone with the pod that "
        + "wrote there; name a bucket"),
    Mistake(
      "a drill without the key",
      cluster: "database: { mode: bundled, image: 'postgres:15' }\n"
        + "backup: { schedule: '1 2 * * *', store: 's3://b/p', keep: { last: 1 }, "
        + "encryptTo: [age1a] }",
      "8:87: error: environments.production.backup.encryptTo: encrypted backups are opened by an "
        + "identity alone; name the Secret that has it as drill.identity, or set drill: never and "
        + "prove them elsewhere"),
    Mistake(
      "signatures that nobody makes",
      cluster: "database: { mode: bundled, image: 'postgres:15' }\n"
        + "backup: { schedule: '1 2 * * *', store: 's3://b/p', keep: { last: 1 }, "
        + "signedBy: [MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=] }",
      "8:86: error: environments.production.backup.signedBy: no backup would have such a "
        + "signature; name the Secret with the key that signs as signWith"),
    Mistake(
      "signatures that nobody looks at",
      cluster: "database: { mode: bundled, image: 'postgres:15' }\n"
        + "backup: { schedule: '1 2 * * *', store: 's3://b/p', keep: { last: 1 }, "
        + "signWith: signing }",
      "8:86: error: environments.production.backup.signWith: nobody would look at the signatures; "
        + "name the public key as signedBy"),
    Mistake(
      "a key that is none",
      cluster: "database: { mode: bundled, image: 'postgres:15' }\n"
        + "backup: { schedule: '1 2 * * *', store: 's3://b/p', keep: { last: 1 }, "
        + "signWith: signing, signedBy: [age1a] }",
      "8:106: error: environments.production.backup.signedBy.0: 'age1a' is not allowed; wanted: an "
        + "Ed25519 key in base 64, the line that 'openssl pkey -pubout' prints"),
    Mistake(
      "a server that the image of ops has no programs of",
      cluster: "database: bundled\nbackup: { schedule: '1 2 * * *', store: 's3://b/p', "
        + "keep: { last: 1 } }",
      "8:13: error: environments.production.backup: the server is PostgreSQL 17, and the "
        + "image of ops has the programs of PostgreSQL 15; name one that has those of 17 as "
        + "backup.image (docker build --target ops --build-arg POSTGRES_MAJOR=17), or a server of "
        + "15 as database.image"),
  ]
}
