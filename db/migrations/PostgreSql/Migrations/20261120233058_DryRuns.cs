using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CrmSync.Migrations.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class DryRuns : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "FirstSync",
                table: "SyncLink",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<DateOnly>(
                name: "StartDate",
                table: "SyncLink",
                type: "date",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Plan",
                table: "LinkState",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "RunTally",
                table: "LinkState",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "DryRun",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    LinkId = table.Column<Guid>(type: "uuid", nullable: false),
                    State = table.Column<int>(type: "integer", nullable: false),
                    By = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    StartedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    Read = table.Column<int>(type: "integer", nullable: false),
                    IsCancelling = table.Column<bool>(type: "boolean", nullable: false),
                    Error = table.Column<string>(type: "text", nullable: true),
                    Result = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DryRun", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_DryRun_LinkId_StartedAt",
                table: "DryRun",
                columns: new[] { "LinkId", "StartedAt" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "DryRun");

            migrationBuilder.DropColumn(
                name: "FirstSync",
                table: "SyncLink");

            migrationBuilder.DropColumn(
                name: "StartDate",
                table: "SyncLink");

            migrationBuilder.DropColumn(
                name: "Plan",
                table: "LinkState");

            migrationBuilder.DropColumn(
                name: "RunTally",
                table: "LinkState");
        }
    }
}
