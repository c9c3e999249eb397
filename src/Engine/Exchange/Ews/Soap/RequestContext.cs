using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Exchange.Ews.Soap;

/// <summary>For whom, to where and in which version a request is made.</summary>
/// <param name="Mailbox">SMTP address of the mailbox that the request is about.</param>
/// <param name="Account">The account that signs in; named in messages.</param>
/// <param name="SignIn">HTTP scheme of the sign-in: Basic, NTLM, Bearer.</param>
internal sealed record RequestContext(Uri Url, string Mailbox, string Account, string SignIn, AccessType Access, SchemaVersion Version);
