import Core
import JSON
import ObjectStorage

/// Asks a store for what backups will ask of it.
struct BackupDoctorCommand: Command {
  private static let store = Option(
    "store", .text("URL"), .required,
    "s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, file:///DIR, env:NAME or file:PATH")
  private static let json = Flag("json", "print the checks as JSON")

  static let specification = CommandSpecification(
    name: "doctor", summary: "ask a store for what backups will ask of it",
    description: """
      Writes, reads, lists and deletes small objects of its own below the store's prefix, and tells
      what to configure.

      After '?' an address of s3:// may have endpoint=, region=, profile= (\(
        Provider.allCases.map(\.rawValue).joined(separator: ", "))), \
      style=path|virtual and ca=PATH; one of gs:// endpoint= and ca=.

      Credentials: AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, \
      web identity, the container's, the machine's; for gs:// GCS_HMAC_ACCESS_ID with \
      GCS_HMAC_SECRET, GCS_TOKEN_FILE, the metadata server.
      """,
    options: [store, json], exitCodes: [.configuration],
    examples: [
      .init(
        line: "ops backup doctor --store 's3://backups/production?region=eu-central-1'",
        effect: "asks a bucket of Amazon S3")
    ])

  private let source: StoreSource
  private let printsJSON: Bool

  init(_ arguments: ParsedArguments) {
    source = StoreSource(option: arguments.required(Self.store))
    printsJSON = arguments.has(Self.json)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let url = try source.resolve(context)
    let report = try examine(url, context)
    if printsJSON {
      context.output.line(report.json.written(pretty: true))
    } else {
      for line in report.lines { context.output.line(line) }
    }
    return report.hasFailed ? .failure : .done
  }

  /// A doctor does not wait for what may get better: two attempts, and not for long.
  private func examine(_ url: StoreURL, _ context: CommandContext) throws -> StoreReport {
    var policy = RetryPolicy()
    policy.attemptsMax = 2
    policy.totalMax = .seconds(30)
    var timeouts = StorageTimeouts()
    timeouts.silence = .seconds(30)
    let opener = StoreOpener(context.environment, timeouts: timeouts, policy: policy)
    do throws(StoreURLError) {
      let storage = try opener.open(url)
      guard case .bucket(_, let prefix) = url.place else {
        return StoreDoctor(storage, bucket: nil, prefix: "").examine()
      }
      return StoreDoctor(storage, bucket: try opener.bucket(url), prefix: prefix).examine()
    } catch {
      throw StoreSourceError.notAddress(source: "the store's address", error)
    }
  }
}
