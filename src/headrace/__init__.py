"""Headrace: data ingestion that speaks Adobe Experience Platform's API and writes to Apache Iceberg."""
