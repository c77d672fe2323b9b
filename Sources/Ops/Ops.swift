import POSIX

/// The tool: every command on one screen.
@main
struct Ops {
  static let commands = CommandTree.group(
    "ops", "run a Slipway service well: roll out, migrate, look after",
    [
      .group(
        "backup", "keep copies of the database",
        [
          .command(BackupDoctorCommand.self), .command(BackupDrillCommand.self),
          .command(BackupListCommand.self), .command(BackupPruneCommand.self),
          .command(BackupRestoreCommand.self), .command(BackupRunCommand.self),
          .command(BackupShowCommand.self), .command(BackupVerifyCommand.self),
        ]),
      .command(CompletionsCommand.self),
      .command(DoctorCommand.self),
      .command(GateCommand.self),
      .command(HelpCommand.self),
      .group(
        "migrate", "bring a database to the schema of this release",
        [
          .command(MigrateApplyCommand.self), .command(MigrateJobCommand.self),
          .command(MigrateStatusCommand.self),
        ]),
      .command(
        RenderCommand.self,
        [
          .command(RenderJobCommand.self), .command(RenderObjectsCommand.self),
          .command(RenderRoleCommand.self),
        ]),
      .command(RolloutCommand.self, [.command(RolloutHistoryCommand.self)]),
      .group(
        "secrets", "see to the secrets of an environment", [.command(SecretsInitCommand.self)]),
      .command(StatusCommand.self),
      .command(SuperviseCommand.self),
      .command(TokenCommand.self),
      .command(VersionCommand.self),
    ])

  static func main() {
    let code = CommandProgram(tree: commands).run(
      ProcessInfo.arguments, in: .process(tree: commands))
    ProcessInfo.exit(code.rawValue)
  }
}
