import HTTPServer
import JSON

/// The words of the original service.
enum LegacyMessages {
  static let mediaTypeText = "Request mimetype not application/json"
  static let fieldsText = "Malformed request, missing JSON fields required"

  /// What is answered to a body that the contract does not take.
  ///
  /// Nil leaves to problem+json what the original service did not look at: lengths and types.
  static func refusal(_ fault: RequestFault, _ request: Request) -> Response? {
    switch fault {
    case .mediaType: .text(mediaTypeText, status: 400)
    case .malformed: .text(fieldsText, status: 400)
    case .invalid(let violations):
      violations.told.contains(where: isMissing) ? .text(fieldsText, status: 400) : nil
    }
  }

  private static func isMissing(_ violation: Violation) -> Bool {
    switch violation.kind {
    case .missing, .length(_, count: 0), .type(_, value: .null): true
    case .type: violation.pointer == "#"
    default: false
    }
  }
}
