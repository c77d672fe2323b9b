import Core
import POSIX
import SQL
import Subprocess

/// What the programs of PostgreSQL are told of a server: variables alone, for arguments are
/// everybody's to read.
///
/// https://www.postgresql.org/docs/15/libpq-envars.html
enum PostgresVariables {
  /// The variable of each parameter of an address that has one.
  private static let names = [
    "application_name": "PGAPPNAME", "channel_binding": "PGCHANNELBINDING",
    "connect_timeout": "PGCONNECT_TIMEOUT", "gssencmode": "PGGSSENCMODE", "gsslib": "PGGSSLIB",
    "hostaddr": "PGHOSTADDR", "krbsrvname": "PGKRBSRVNAME", "options": "PGOPTIONS",
    "passfile": "PGPASSFILE", "requirepeer": "PGREQUIREPEER", "service": "PGSERVICE",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION", "sslcert": "PGSSLCERT",
    "sslcompression": "PGSSLCOMPRESSION", "sslcrl": "PGSSLCRL", "sslcrldir": "PGSSLCRLDIR",
    "sslkey": "PGSSLKEY", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT",
    "sslsni": "PGSSLSNI", "target_session_attrs": "PGTARGETSESSIONATTRS",
  ]

  /// The variables for programs that go to `address`.
  ///
  /// What it does not say they take from this process's own, as our own connection does; but
  /// nothing else of these, among which are the keys of stores and backups: a script that is
  /// restored may come to start programs. Their messages are in English, whoever reads them.
  static func make(_ address: PostgresAddress) throws(BackupError) -> Subprocess.Command.Variables {
    if address.keyPassword != nil {
      throw .configuration(
        "pg_dump takes the password of a client's key from nowhere but its arguments",
        hints: ["give it a key without a password"])
    }
    var changes = ProcessInfo.environment.filter { isInherited($0.key) }
    changes["LC_ALL"] = "C"
    for (parameter, value) in address.parameters {
      if let name = names[parameter] { changes[name] = value }
    }
    if !address.hosts.isEmpty {
      changes["PGHOST"] = address.hosts.map(\.name).joined(separator: ",")
      changes["PGPORT"] = address.hosts.map { String($0.port) }.joined(separator: ",")
    }
    if let database = address.database { changes["PGDATABASE"] = database }
    if let user = address.user { changes["PGUSER"] = user }
    if let password = address.password { changes["PGPASSWORD"] = password.reveal() }
    return .exactly(changes)
  }

  /// What libpq, Kerberos, TLS and the linker look at.
  private static func isInherited(_ name: String) -> Bool {
    ["PATH", "HOME", "USER", "LOGNAME", "TZ", "TMPDIR", "LD_LIBRARY_PATH"].contains(name)
      || ["PG", "KRB5", "SSL_", "OPENSSL_"].contains { name.hasPrefix($0) }
  }
}
