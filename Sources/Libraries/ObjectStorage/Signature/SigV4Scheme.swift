/// Who checks a signature of version 4, by the names that stand in it.
///
/// Amazon's and Google's differ in these alone. Google takes both, but `x-amz-*` not beside
/// `x-goog-*`: who signs by Amazon's names can ask for nothing that only Google knows of, such as
/// `x-goog-if-generation-match`.
/// https://cloud.google.com/storage/docs/aws-simple-migration
public struct SigV4Scheme: Sendable, Equatable {
  /// What `Authorization` begins with.
  let algorithm: String
  /// What stands before the secret in the first key.
  let keyPrefix: String
  /// What object storage is called in the scope.
  let service: String
  /// What the scope ends with.
  let terminator: String
  /// The header of the moment.
  let dateHeader: String
  /// The header of the body's SHA-256.
  let bodyHashHeader: String
  /// The header of a lent key's token; nil where no keys are lent.
  let tokenHeader: String?

  /// Amazon's, which others understand too.
  ///
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  public static let amazon = SigV4Scheme(
    algorithm: "AWS4-HMAC-SHA256", keyPrefix: "AWS4", service: "s3", terminator: "aws4_request",
    dateHeader: "x-amz-date", bodyHashHeader: "x-amz-content-sha256",
    tokenHeader: "x-amz-security-token")

  /// Google's, for HMAC keys.
  ///
  /// https://cloud.google.com/storage/docs/authentication/signatures
  public static let google = SigV4Scheme(
    algorithm: "GOOG4-HMAC-SHA256", keyPrefix: "GOOG4", service: "storage",
    terminator: "goog4_request", dateHeader: "x-goog-date",
    bodyHashHeader: "x-goog-content-sha256", tokenHeader: nil)
}
