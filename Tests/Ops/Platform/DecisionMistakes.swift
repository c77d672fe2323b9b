extension Mistake {
  /// What an environment of a cluster decides twice, or what could not run as it says.
  static let clusterDecisions: [Mistake] = [
    Mistake(
      "variables that have a key of their own",
      cluster: "database: bundled\nenv: { APP_SETTINGS: testing, AUTH: all, REVISION: mine }",
      "8:26: error: environments.production.env.APP_SETTINGS: the key 'settings' decides this "
        + "variable; set that one",
      "8:41: error: environments.production.env.AUTH: the key 'auth' decides this variable; set "
        + "that one",
      "8:56: error: environments.production.env.REVISION: the image and the settings make the "
        + "revision; leave it out"),
    Mistake(
      "an image of PostgreSQL whose version the operator cannot read",
      cluster: "database:\n  mode: cloudnative-pg\n  image: a/b:latest-17",
      "9:14: error: environments.production.database.image: cloudnative-pg reads the version of "
        + "PostgreSQL from the tag of its image; wanted: a tag that begins with a number, with or "
        + "without a digest"),
    Mistake(
      "settings that PostgreSQL would not start with",
      cluster: "database:\n  mode: bundled\n  parameters: { port: 5433, shared_buffers: 1GB }",
      "9:27: error: environments.production.database.parameters.port: a database of mode bundled "
        + "does not take this setting: it is decided by what runs it",
      "9:49: error: environments.production.database.parameters.shared_buffers: 1GB of shared "
        + "memory are more than the 512Mi that a server requests"),
    Mistake(
      "two secrets that are one",
      cluster: "database: bundled\nsecrets: { a: { existing: x }, b: { existing: x } }",
      "8:39: error: environments.production.secrets.b: the key value of the Secret x is the secret "
        + "'a' already"),
    Mistake(
      "a file of SOPS that is no YAML",
      cluster: "database: bundled\nsecrets: { a: { sops: a.json } }",
      "8:27: error: environments.production.secrets.a.sops: '[redacted]' is not allowed; wanted: "
        + "the path of a YAML file in the repository (for example secrets/production.yaml)"),
    Mistake(
      "an image", cluster: "database: bundled\nimage: a/b:1",
      "8:5: error: environments.production.image: unknown key",
      "  the image comes with --image, in production by digest"),
    Mistake(
      "a store that nothing comes from",
      cluster:
        "database: bundled\nvault: { role: a }\nexternalSecrets: { storeKind: SecretStore }\n"
        + "secrets: { a: { external: b/c } }",
      "8:12: error: environments.production.vault: no secret is 'vault': this section has no effect"
    ),
    Mistake(
      "a certificate beside a gateway",
      cluster:
        "database: bundled\nhost: a.example.com\ngateway: { name: public }\ntls: { secret: a }",
      "10:10: error: environments.production.tls: the Gateway has the certificate of the host; "
        + "remove one of the two"),
    Mistake(
      "a password in a setting of PostgreSQL",
      cluster: "database:\n  mode: bundled\n"
        + "  parameters: { primary_conninfo: host=a password=b }",
      "9:39: error: environments.production.database.parameters.primary_conninfo: a secret in "
        + "clear; name where it comes from under 'secrets' instead"),
  ]
}
