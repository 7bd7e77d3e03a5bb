"""Indexes for lists of any length; sources that failed or were given before; the mailbox."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0002_index_of_words'),
    ]

    operations = [
        migrations.CreateModel(
            name='IssuerSeen',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(db_collation='BINARY', max_length=200)),
                ('name', models.CharField(max_length=60)),
            ],
        ),
        migrations.CreateModel(
            name='CollectingTrouble',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=20, unique=True)),
                ('code', models.CharField(max_length=60)),
                ('params', models.JSONField(default=dict)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='source',
            name='intake_source_state',
        ),
        migrations.RemoveIndex(
            model_name='ask',
            name='intake_ask_sent',
        ),
        migrations.RemoveIndex(
            model_name='ask',
            name='intake_ask_newest',
        ),
        migrations.AlterField(
            model_name='source',
            name='state',
            field=models.CharField(choices=[('waiting', '等着读'), ('reading', '正在读'), ('done', '读完了'), ('refused', '没有收'), ('cancelled', '停下了'), ('failed', '没读成'), ('repeated', '收过了')], default='waiting', max_length=10),
        ),
        migrations.AddIndex(
            model_name='ask',
            index=models.Index(condition=models.Q(('is_withdrawn', False)), fields=['place', 'sent_at'], name='intake_ask_sent'),
        ),
        migrations.AddIndex(
            model_name='ask',
            index=models.Index(condition=models.Q(('is_withdrawn', False)), fields=['-sent_at', '-id', 'place'], name='intake_ask_newest'),
        ),
        migrations.AddIndex(
            model_name='ask',
            index=models.Index(fields=['fold', 'place'], name='intake_ask_fold'),
        ),
        migrations.AddIndex(
            model_name='ask',
            index=models.Index(fields=['reader_version'], name='intake_ask_reader'),
        ),
        migrations.AddConstraint(
            model_name='skip',
            constraint=models.UniqueConstraint(fields=('source', 'path', 'locator', 'code'), name='intake_skip_once'),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'reading', 'done', 'refused', 'cancelled', 'failed', 'repeated'])), name='intake_source_state'),
        ),
        migrations.AddConstraint(
            model_name='issuerseen',
            constraint=models.UniqueConstraint(fields=('place', 'name'), name='intake_issuer_once'),
        ),
    ]
