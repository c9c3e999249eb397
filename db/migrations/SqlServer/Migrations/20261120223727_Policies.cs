using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CrmSync.Migrations.SqlServer.Migrations
{
    /// <inheritdoc />
    public partial class Policies : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "DeletePolicy",
                table: "SyncTarget",
                type: "int",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "FieldPolicies",
                table: "SyncTarget",
                type: "nvarchar(max)",
                nullable: true);

            migrationBuilder.AlterColumn<string>(
                name: "Decision",
                table: "SyncConflict",
                type: "nvarchar(1000)",
                maxLength: 1000,
                nullable: false,
                oldClrType: typeof(string),
                oldType: "nvarchar(100)",
                oldMaxLength: 100);

            migrationBuilder.AddColumn<string>(
                name: "CrmWon",
                table: "SyncConflict",
                type: "nvarchar(max)",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<DateTime>(
                name: "DecidedAt",
                table: "SyncConflict",
                type: "datetime2",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "Kind",
                table: "SyncConflict",
                type: "int",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "Contested",
                table: "ItemLink",
                type: "int",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<Guid>(
                name: "OpenConflictId",
                table: "ItemLink",
                type: "uniqueidentifier",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "DeletePolicy",
                table: "SyncTarget");

            migrationBuilder.DropColumn(
                name: "FieldPolicies",
                table: "SyncTarget");

            migrationBuilder.DropColumn(
                name: "CrmWon",
                table: "SyncConflict");

            migrationBuilder.DropColumn(
                name: "DecidedAt",
                table: "SyncConflict");

            migrationBuilder.DropColumn(
                name: "Kind",
                table: "SyncConflict");

            migrationBuilder.DropColumn(
                name: "Contested",
                table: "ItemLink");

            migrationBuilder.DropColumn(
                name: "OpenConflictId",
                table: "ItemLink");

            migrationBuilder.AlterColumn<string>(
                name: "Decision",
                table: "SyncConflict",
                type: "nvarchar(100)",
                maxLength: 100,
                nullable: false,
                oldClrType: typeof(string),
                oldType: "nvarchar(1000)",
                oldMaxLength: 1000);
        }
    }
}
