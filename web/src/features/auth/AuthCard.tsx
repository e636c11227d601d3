import type { ReactNode } from 'react';
import styles from './Auth.module.css';

interface AuthCardProps {
  readonly title: string;
  readonly lead: string;
  readonly children: ReactNode;
}

export function AuthCard({ title, lead, children }: AuthCardProps) {
  return (
    <div className={styles.page}>
      <section className={styles.card}>
        <header className={styles.header}>
          <h1>{title}</h1>
          <p>{lead}</p>
        </header>
        {children}
      </section>
    </div>
  );
}
