using Radzen;

namespace CrmSync.AdminConsole.Parts;

/// <summary>Questions before what cannot be taken back.</summary>
public static class Dialogs
{
    /// <summary>True only when the person chose to go on.</summary>
    public static async Task<bool> AskAsync(this DialogService dialogs, string title, string text, string yes) =>
        await dialogs.OpenAsync<Question>(title, new() { ["Text"] = text, ["Yes"] = yes }, Options()) is true;

    /// <summary>A text, or null when the person changed their mind.</summary>
    public static async Task<string?> AskForTextAsync(this DialogService dialogs, string title, string text, string label, string yes) =>
        await dialogs.OpenAsync<Question>(title, new() { ["Text"] = text, ["Label"] = label, ["Yes"] = yes }, Options()) as string;

    private static DialogOptions Options() => new() { Width = "min(34rem, 94vw)", CloseDialogOnEsc = true, CloseDialogOnOverlayClick = false, Draggable = false };
}
