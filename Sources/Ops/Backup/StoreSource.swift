import Core
import ObjectStorage

/// Where a command takes the address of a store from.
///
/// An address holds no credentials, but what it names may be nobody's affair.
struct StoreSource: Sendable {
  private let source: AddressSource

  init(option text: String) {
    source = AddressSource(option: Secret(text), of: "store", takesFileURL: true)
  }

  /// The address, or why there is none.
  func resolve(_ context: CommandContext) throws -> StoreURL {
    let (text, place) = try source.read(context, option: "store")
    do throws(StoreURLError) {
      return try StoreURL(text)
    } catch {
      throw StoreSourceError.notAddress(source: place, error)
    }
  }
}

/// Why a command has no store.
enum StoreSourceError: ReportableError, Equatable {
  case notAddress(source: String, StoreURLError)

  var exitCode: ExitCode { .configuration }

  var findings: [Finding] {
    switch self {
    case .notAddress(let source, let error): [Finding(message: "\(source): \(error)")]
    }
  }
}
